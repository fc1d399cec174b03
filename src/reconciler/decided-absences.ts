/**
 * What was seen missing once is no deletion yet (DESIGN 3.9). Whoever asks what was done, or takes it back, means the deletion
 * all the same: such questions wait for the second look.
 */
import type { World } from './world.ts';

const LOOK_MS = 100;
/** A walk under way holds an absence up for three seconds (absences.ts). */
const MOST_LOOKS = 50;

/** Resolves once none of the paths that are meant waits for its second look, or after five seconds. */
export async function decidedAbsences(world: World, isMeant: (path: string) => boolean): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS && isAnyUndecided(world, isMeant); looks++)
    await new Promise<void>((resolve) => void world.clock.after(LOOK_MS, resolve));
}

function isAnyUndecided({ pendings }: World, isMeant: (path: string) => boolean): boolean {
  for (const [path, { code }] of pendings.entries()) if (code === 'absent' && isMeant(path)) return true;
  return false;
}

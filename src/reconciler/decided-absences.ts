/**
 * What was seen missing once is no deletion yet (DESIGN 3.9). Whoever asks what was done, or takes it back, means the deletion
 * all the same: such questions wait for the second look.
 */
import type { World } from './world.ts';

const LOOK_MS = 100;
/** A walk under way holds an absence up for three seconds (absences.ts). */
const MOST_LOOKS = 50;

/** Resolves once none of the paths that are meant waits for its second look, and what was decided is recorded; or after five seconds. */
export async function decidedAbsences(world: World, isMeant: (path: string) => boolean): Promise<void> {
  const waited = new Set<string>();
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const undecided = undecidedOf(world, isMeant);
    if (undecided.length === 0) break;
    for (const path of undecided) waited.add(path);
    await new Promise<void>((resolve) => void world.clock.after(LOOK_MS, resolve));
  }
  // Decided is not recorded yet: whoever decided it holds its queue until it is.
  if (waited.size > 0) await world.queues.runAll([...waited], async () => undefined);
}

function undecidedOf({ pendings }: World, isMeant: (path: string) => boolean): string[] {
  return [...pendings.entries()].flatMap(([path, { code }]) => (code === 'absent' && isMeant(path) ? [path] : []));
}

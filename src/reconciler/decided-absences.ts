/**
 * What was seen missing once is no deletion yet (DESIGN 3.9). Whoever asks what was done, or takes it back, means the deletion
 * all the same: such questions wait for the second look.
 */
import { paceOf } from '../host/pace.ts';
import type { World } from './world.ts';

type Waiting = Pick<World, 'pendings' | 'clock' | 'queues'>;

const LOOK_MS = 100;
/** Before it is asked whether the slice is over. */
const ASKED_AT_ONCE = 500;
/** A walk under way holds an absence up for three seconds (absences.ts). */
const MOST_LOOKS = 50;

/** Resolves once none of the paths that are meant waits for its second look, and what was decided is recorded; or after five seconds. */
export async function decidedAbsences(world: Waiting, isMeant: (path: string) => boolean): Promise<void> {
  const waited = new Set<string>();
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const undecided = await undecidedOf(world, isMeant);
    if (undecided.length === 0) break;
    for (const path of undecided) waited.add(path);
    await new Promise<void>((resolve) => void world.clock.after(LOOK_MS, resolve));
  }
  // Decided is not recorded yet: whoever decided it holds its queue until it is.
  if (waited.size > 0) await world.queues.runAll([...waited], async () => undefined);
}

/** A hold may be of a million: the event loop is given back on the way. */
async function undecidedOf({ pendings, clock }: Waiting, isMeant: (path: string) => boolean): Promise<string[]> {
  const pace = paceOf(clock);
  const undecided: string[] = [];
  let asked = 0;
  for (const [path, { code }] of pendings.entries()) {
    if (code === 'absent' && isMeant(path)) undecided.push(path);
    if (++asked % ASKED_AT_ONCE === 0) await pace();
  }
  return undecided;
}

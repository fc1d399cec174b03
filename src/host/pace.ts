/** Long work in slices: it asks between its steps, and gives the event loop back when it has had it for long enough. */
import type { Clock } from './ports.ts';

/** Longest slice. Shorter ones gain nothing: a turn takes several (turns.ts). */
const SLICE_MS = 5;

/** Cheap enough to be awaited for every few steps of some microseconds. A simulated clock stands still: there it never waits. */
export type Pace = () => Promise<void>;

export function paceOf(clock: Pick<Clock, 'monotonicMs' | 'yieldTurn'>): Pace {
  let beganMs = clock.monotonicMs();
  return async () => {
    if (clock.monotonicMs() - beganMs < SLICE_MS) return;
    await clock.yieldTurn();
    beganMs = clock.monotonicMs();
  };
}

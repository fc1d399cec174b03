/** Promises for whoever drives the clock that they wait for. */
import type { SimulatedClock } from '../../src/host/simulated-clock.ts';

/** Whether a promise has settled by now. */
export interface Settlement {
  readonly isThere: boolean;
}

export function settlementOf(promise: PromiseLike<unknown>): Settlement {
  const settlement = { isThere: false };
  const note = (): void => void (settlement.isThere = true);
  void promise.then(note, note);
  return settlement;
}

/** Lets a promise settle, with time going on. Throws what it throws. */
export async function settled<T>(clock: SimulatedClock, promise: PromiseLike<T>, limitMs: number): Promise<T> {
  const settlement = settlementOf(promise);
  for (let spentMs = 0; !settlement.isThere; spentMs += 5) {
    if (spentMs > limitMs) throw new Error(`nothing happened for ${limitMs} ms`);
    for (let turns = 0; turns < 8 && !settlement.isThere; turns += 1) await clock.yieldTurn();
    if (!settlement.isThere) await clock.advance(5);
  }
  return promise;
}

/**
 * Turns of the event loop, shared out. Whoever gives the loop back waits in one line, first come first served, and one turn
 * takes from it only until its time is used up. Without that, eight pieces of work that each stop after 10 ms still hold the
 * loop for 80: Node runs all immediates that are due in one go.
 *
 *   yieldTurn() --> line --> [turn: next, next, next .. 10 ms] --> whoever else waits for the loop --> [turn: next ..]
 */

/** What one turn takes on before requests and timers have theirs. What it took last runs to its own end. */
const TURN_MS = 10;

export interface TurnOptions {
  readonly nowMs: () => number;
  /** Runs behind everything that is due now, and once for each call. */
  readonly soon: (run: () => void) => void;
}

/** Answers `yieldTurn` of the clock. */
export function shareTurns({ nowMs, soon }: TurnOptions): () => Promise<void> {
  const line = new Set<() => void>();
  let beganMs = 0;
  let isBeginning = false;

  const begin = (): void => {
    isBeginning = false;
    beganMs = nowMs();
  };
  // One for each that waits: the first of a turn tells when it began.
  const ask = (): void => {
    if (!isBeginning) soon(begin);
    isBeginning = true;
    soon(next);
  };
  const next = (): void => {
    if (nowMs() - beganMs >= TURN_MS) return ask();
    const [resume] = line;
    if (resume === undefined) return;
    line.delete(resume);
    resume();
  };

  return () =>
    new Promise((resolve) => {
      line.add(() => resolve());
      ask();
    });
}

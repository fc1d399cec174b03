/**
 * What one verdict has cost so far. A recursive schema whose branches each look at the same part costs 2^depth on a deep
 * document; the limit on depth alone does not bound that, and the event loop is shared.
 */
export class JudgeRun {
  /** Counted down by compiled code. */
  left = 0;
  /** Thrown by compiled code. One object: its stack trace would say nothing. */
  readonly exhausted = new TooManySteps();
  /** Which values were found to fit a branch. What counts unevaluated members asks again for what was judged before. */
  readonly #fitting = new Map<object, WeakMap<object, boolean>>();

  start(steps: number): void {
    this.left = steps;
    this.#fitting.clear();
  }

  /** The answer of `judge`, asked once for each branch and value in a run. */
  fits(branch: object, value: object, judge: (value: object) => boolean): boolean {
    const known = this.#fitting.get(branch) ?? new WeakMap<object, boolean>();
    this.#fitting.set(branch, known);
    const answer = known.get(value) ?? judge(value);
    known.set(value, answer);
    return answer;
  }
}

export class TooManySteps extends Error {
  override readonly name = 'TooManySteps';
}

/** Steps that every document is granted. */
export const GRANTED_STEPS = 1_000_000;

/** A schema may look at each value in as many branches. */
const STEPS_PER_VALUE = 64;

/** What a document may cost at most: fixed by the document alone, so that no verdict depends on the machine. */
export const stepsFor = (value: unknown): number => Math.max(GRANTED_STEPS, STEPS_PER_VALUE * countValues(value));

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

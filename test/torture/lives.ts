/**
 * Simulated lives by the million, on every core: the scenarios are those of test/simulator. A life that fails is told at once,
 * with the seed that repeats it, and the others go on.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { GATE_SEEDS } from '../simulator/run-seeds.ts';
import { isOver, type Harness, type Outcome, type Run } from './harness.ts';
import type { Lives, LivesRun } from './lives-worker.ts';

const LIVES_AT_ONCE = 20;
/** Each seed of a run begins a stretch of its own. */
const STRETCH = 10_000_000;
/** Many fail for one reason: so many are written down, the others are counted. */
const MOST_TOLD = 20;

class Tally {
  readonly #options: Run;
  readonly #first: number;
  #given = 0;
  #ran = 0;
  #failed = 0;
  readonly failures: string[] = [];

  constructor(options: Run) {
    this.#options = options;
    this.#first = 1 + GATE_SEEDS + options.seed * STRETCH;
  }

  /** The next seeds to run; null when there is no time, or no seed, left. */
  next(): Lives | null {
    const count = Math.min(LIVES_AT_ONCE, this.#options.size - this.#given);
    if (count <= 0 || (this.#given > 0 && isOver(this.#options))) return null;
    const from = this.#first + this.#given;
    this.#given += count;
    return { from, count };
  }

  add({ count, failures }: LivesRun): void {
    this.#ran += count;
    this.#failed += failures.length;
    for (const failure of failures) {
      console.error(
        `simulator: SEED=n node_modules/.bin/vitest run test/simulator/seeds-1.test.ts repeats\n${failure}`,
      );
      if (this.failures.length < MOST_TOLD) this.failures.push(failure);
    }
    this.#options.say?.(`${this.#ran} lives, ${this.#failed} failed`);
  }

  outcome(): Outcome {
    const figures = { 'first seed': this.#first, 'lives that failed': this.#failed };
    return { ran: this.#ran, figures, failures: this.failures };
  }
}

async function run(options: Run): Promise<Outcome> {
  const tally = new Tally(options);
  await Promise.all(Array.from({ length: availableParallelism() }, () => runOnOneCore(tally)));
  return tally.outcome();
}

function runOnOneCore(tally: Tally): Promise<void> {
  const lives = tally.next();
  if (lives === null) return Promise.resolve();
  const worker = new Worker(new URL('lives-worker.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
    worker.on('message', (ran: LivesRun) => {
      tally.add(ran);
      worker.postMessage(tally.next());
    });
    worker.postMessage(lives);
  });
}

export const simulator: Harness = {
  name: 'simulator',
  what: 'clients, editors, a failing disk, crashes and power cuts in any order on a simulated machine: nothing lost, torn, told twice or answered broken',
  unit: 'lives',
  size: 1_000_000,
  minutes: 600,
  run,
};

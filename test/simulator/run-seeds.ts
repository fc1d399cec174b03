/** Runs seeds, in this process: for the checks a few hundred at a time, for the torture as many as there is time for. */
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sabotage } from './process.ts';
import { Simulation } from './simulation.ts';

/** Seeds 1 to this one run in the checks; those behind them are for the torture. */
export const GATE_SEEDS = 2000;

export interface SeedOptions {
  /** Steps of a run; 20 to 40 by the seed without it. */
  readonly steps?: number;
  readonly sabotage?: Sabotage;
  /** Told after each seed. */
  readonly onSeed?: (seed: number) => void;
}

export interface Failure {
  readonly seed: number;
  readonly complaints: readonly string[];
  /** What happened, a line each, the newest last. */
  readonly story: readonly string[];
}

/** In memory where there is such a place: nothing here has to outlive the run. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs `count` seeds from `from` on; stops at the first that breaks a promise. */
export async function runSeeds(from: number, count: number, options: SeedOptions = {}): Promise<Failure | null> {
  const root = mkdtempSync(join(place, 'larder-simulated-'));
  try {
    for (let seed = from; seed < from + count; seed += 1) {
      const simulation = new Simulation(seed, root, options.sabotage ?? {});
      const complaints = await simulation.run(options.steps ?? 20 + (seed % 21));
      options.onSeed?.(seed);
      if (complaints.length > 0) return { seed, complaints, story: simulation.story };
    }
    return null;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Every failure among `count` seeds from `from` on. */
export async function* failuresAmong(
  from: number,
  count: number,
  options: SeedOptions = {},
): AsyncGenerator<Failure, void, undefined> {
  for (let next = from; next < from + count;) {
    const failure = await runSeeds(next, from + count - next, options);
    if (failure === null) return;
    yield failure;
    next = failure.seed + 1;
  }
}

/** For a person: what broke, and the story that led there. `SEED=n` runs it again. */
export const describeFailure = ({ seed, complaints, story }: Failure): string =>
  [`SEED=${seed}`, ...complaints.slice(0, 8), ...story.slice(-150)].join('\n');

/** Simulated lives and model-based runs, at the size that takes hours; the scenarios are those of test/simulator and test/model. */
import { runModels } from '../model/run-models.ts';
import { describeFailure, runSeeds } from '../simulator/run-seeds.ts';
import { isOver, type Harness, type Outcome, type Run } from './harness.ts';

const SEEDS_AT_ONCE = 100;
const RUNS_AT_ONCE = 20;
const STEPS = 40;
/** Each seed of a run begins a stretch of its own. */
const STRETCH = 10_000_000;
/** fast-check takes 32 bits. */
const SEEDS_A_RUN = 1000;

async function runSimulator(options: Run): Promise<Outcome> {
  const first = 1 + options.seed * STRETCH;
  let ran = 0;
  while (ran < options.size && !isOver(options)) {
    const count = Math.min(SEEDS_AT_ONCE, options.size - ran);
    const failure = await runSeeds(first + ran, count);
    if (failure) return { ran: failure.seed - first + 1, figures: {}, failures: [describeFailure(failure)] };
    ran += count;
    options.say?.(`${ran} lives`);
  }
  return { ran, figures: { 'first seed': first }, failures: [] };
}

/** A failure is told with the seed and the smallest run of commands that shows it. */
async function runModel(options: Run, on: 'simulated files' | 'real files'): Promise<Outcome> {
  let ran = 0;
  while (ran < options.size && !isOver(options)) {
    const runs = Math.min(RUNS_AT_ONCE, options.size - ran);
    try {
      const seed = options.seed * SEEDS_A_RUN + ran / RUNS_AT_ONCE;
      await runModels({ runs, steps: STEPS, seed, on });
    } catch (error) {
      return { ran: ran + runs, figures: {}, failures: [String(error)] };
    }
    ran += runs;
    options.say?.(`${ran} runs`);
  }
  return { ran, figures: {}, failures: [] };
}

export const simulator: Harness = {
  name: 'simulator',
  what: 'clients, editors, a failing disk, crashes and power cuts in any order on a simulated machine: nothing lost, torn, told twice or answered broken',
  unit: 'lives',
  size: 1_000_000,
  run: runSimulator,
};

export const modelSimulated: Harness = {
  name: 'model',
  what: 'random commands agree with a Map, on simulated files',
  unit: 'runs of 40 commands at most',
  size: 20_000,
  run: (options) => runModel(options, 'simulated files'),
};

export const modelReal: Harness = {
  name: 'model-real',
  what: 'random commands agree with a Map, on real files',
  unit: 'runs of 40 commands at most',
  size: 500,
  run: (options) => runModel(options, 'real files'),
};

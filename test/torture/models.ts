/** Model-based runs at the size that takes hours; the scenarios are those of test/model. */
import { runModels } from '../model/run-models.ts';
import { isOver, type Harness, type Outcome, type Run } from './harness.ts';

const RUNS_AT_ONCE = 20;
const STEPS = 40;
/** fast-check takes 32 bits. */
const SEEDS_A_RUN = 1000;

/** A failure is told with the seed and the smallest run of commands that shows it. */
async function runModel(options: Run, on: 'simulated files' | 'real files'): Promise<Outcome> {
  let ran = 0;
  while (ran < options.size && (ran === 0 || !isOver(options))) {
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

export const modelSimulated: Harness = {
  name: 'model',
  what: 'random commands agree with a Map, on simulated files, and a verification with both',
  unit: 'runs of 40 commands at most',
  size: 20_000,
  minutes: 25,
  run: (options) => runModel(options, 'simulated files'),
};

export const modelReal: Harness = {
  name: 'model-real',
  what: 'random commands agree with a Map, on real files, and a verification with both',
  unit: 'runs of 40 commands at most',
  size: 500,
  minutes: 3,
  run: (options) => runModel(options, 'real files'),
};

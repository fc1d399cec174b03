import { test } from 'vitest';
import { runModels } from './run-models.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_126);

test('300 random runs of 40 steps agree with a Map, on simulated files', { timeout: 600_000 }, async () => {
  await runModels({ runs: 300, steps: 40, seed: SEED, on: 'simulated files' });
});

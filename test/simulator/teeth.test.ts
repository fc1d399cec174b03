import { expect, test } from 'vitest';
import { runSeeds } from './run-seeds.ts';
import { MISSING } from './sabotages.ts';

test.each(MISSING)('without $name the simulator fails', { timeout: 600_000 }, async ({ sabotage, from, count }) => {
  const failure = await runSeeds(from, count, { sabotage });
  expect(failure?.complaints).not.toEqual([]);
  expect(failure).not.toBeNull();
});

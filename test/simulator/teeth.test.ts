import { expect, test } from 'vitest';
import { runSeeds } from './run-seeds.ts';
import { MISSING } from './sabotages.ts';

test.each(MISSING)('without $name the simulator fails', { timeout: 600_000 }, async (missing) => {
  const { sabotage, from, count, shows } = missing;
  const failure = await runSeeds(from, count, { sabotage });
  expect(failure?.complaints.join('\n')).toMatch(new RegExp(shows, 'm'));
});

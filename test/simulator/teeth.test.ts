import { expect, test } from 'vitest';
import { failuresAmong, type Failure } from './run-seeds.ts';
import { MISSING, type Missing } from './sabotages.ts';

/** The first failure that shows what is missing; others may come before it. */
async function failureOf({ sabotage, from, count, shows }: Missing): Promise<Failure | null> {
  for await (const failure of failuresAmong(from, count, { sabotage }))
    if (failure.complaints.some((complaint) => shows.test(complaint))) return failure;
  return null;
}

test.each(MISSING)('without $name the simulator fails', { timeout: 600_000 }, async (missing) => {
  expect(await failureOf(missing)).not.toBeNull();
});

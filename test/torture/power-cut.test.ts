import { expect, test, type TestContext } from 'vitest';
import type { Outcome } from './harness.ts';
import { cutPower } from './power-cut.ts';

/** A test that cannot run here says so. */
function unless({ skip }: TestContext, { skipped }: Outcome): void {
  if (skipped !== undefined) skip(`skipped: ${skipped}`);
}

test('what was acknowledged before a power cut is there after it, 2 cuts', { timeout: 180_000 }, async (context) => {
  const outcome = await cutPower({ size: 2, seed: 2 });
  unless(context, outcome);
  expect(outcome.failures).toEqual([]);
  expect(outcome.ran).toBe(2);
});

test('the cuts above would notice a log that is not synced', { timeout: 180_000 }, async (context) => {
  const outcome = await cutPower({ size: 2, seed: 2, durability: 'os', patienceMs: 1000 });
  unless(context, outcome);
  expect(outcome.failures.join('\n')).toMatch(/was acknowledged as seq \d+, which is|did not start/);
});

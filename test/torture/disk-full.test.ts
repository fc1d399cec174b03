import { expect, test, type TestContext } from 'vitest';
import { diskFull } from './disk-full.ts';

function unless({ skip }: TestContext, skipped: string | undefined): void {
  if (skipped !== undefined) skip(`skipped: ${skipped}`);
}

test('cycles of a full and a freed disk refuse, serve and recover', { timeout: 120_000 }, async (context) => {
  const { failures, skipped, figures } = await diskFull.run({ size: 3, seed: 1 });
  unless(context, skipped);
  expect(failures).toEqual([]);
  expect(figures['writes refused']).toBe(6);
});

test('the cycles above would notice writes that nobody looked at', { timeout: 120_000 }, async (context) => {
  const { failures, skipped } = await diskFull.run({ size: 1, seed: 1, without: 'room', patienceMs: 1000 });
  unless(context, skipped);
  expect(failures.join('\n')).toMatch(/on a full disk PUT lod\/things\/\w+ answers \d+/);
});

import { expect, test, type TestContext } from 'vitest';
import { isInstalled } from '../../scripts/test-programs.ts';
import { TOOLS } from './tool-list.ts';
import { useTools } from './tools.ts';

const missing = TOOLS.filter(({ programs }) => !programs.every(isInstalled)).map(({ name }) => name);

test(
  'every habit of saving, also when it is killed half-way, is served, marked and told as it is',
  { timeout: 240_000 },
  async () => {
    const { failures } = await useTools({ size: 2, seed: 1 });
    expect(failures).toEqual([]);
  },
);

test('all tools of the test above are here', ({ skip }: TestContext) => {
  if (missing.length > 0) skip(`skipped: not installed: ${missing.join(', ')}`);
});

test('the test above would notice a Larder that takes every sight for final', { timeout: 120_000 }, async () => {
  const only = ['rm-cp', 'slow-writer'];
  const { failures } = await useTools({ size: 1, seed: 1, only, without: 'patience', patienceMs: 1000 });
  expect(failures).toEqual([
    'whole/rm-cp/d0 was told as delete, create',
    'whole/slow-writer/d0 was told as problem, update',
  ]);
});

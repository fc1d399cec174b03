import { expect, test, type TestContext } from 'vitest';
import { storm, unwatched } from './storm.ts';

/** Fewer than the 50,000 of `npm run torture -- --only storm`: a busy machine with a slow disk would not be through in a minute. */
const FILES = 20_000;

test(
  '20,000 files changed while the event loop is blocked for 5 s are all told within 65 s',
  { timeout: 240_000 },
  async () => {
    const { failures } = await storm({ size: FILES, seed: 1 });
    expect(failures).toEqual([]);
  },
);

test('the storm above would notice a Larder that trusts its watcher', { timeout: 240_000 }, async () => {
  const { failures } = await storm({ size: FILES, seed: 1, without: 'rescan', patienceMs: 4000 });
  expect(failures.join('\n')).toMatch(/\d+ of 20000 changes were never told/);
});

test(
  'where the kernel gives no watches, changes are told within 65 s',
  { timeout: 180_000 },
  async ({ skip }: TestContext) => {
    const { failures, skipped } = await unwatched({ size: 500, seed: 1 });
    if (skipped !== undefined) skip(`skipped: ${skipped}`);
    expect(failures).toEqual([]);
  },
);

import { expect, test, type TestContext } from 'vitest';
import { storm, unwatched } from './storm.ts';

/** A few more than the hints that the kernel keeps for a process (`fs.inotify.max_queued_events`). */
const OVERFLOWING = 18_000;
/** What is trusted to the watcher alone is told by then, or never. */
const WATCHER_MS = 3000;

test(
  '50,000 files changed while the event loop is blocked for 5 s are all told within 65 s',
  { timeout: 300_000 },
  async () => {
    const { failures } = await storm({ size: 50_000, seed: 1 });
    expect(failures).toEqual([]);
  },
);

test('the storm above would notice a Larder that trusts its watcher', { timeout: 240_000 }, async () => {
  const { failures } = await storm({ size: OVERFLOWING, seed: 1, without: 'rescan', patienceMs: WATCHER_MS });
  expect(failures.join('\n')).toMatch(/\d+ of 18000 changes were never told/);
});

test('files changed while the whole process is stopped are all told within 65 s', { timeout: 240_000 }, async () => {
  const { failures } = await storm({ size: OVERFLOWING, seed: 1, blocking: 'process', stoppedMs: 0 });
  expect(failures).toEqual([]);
});

test('the stop above would notice a Larder that trusts its watcher', { timeout: 240_000 }, async () => {
  const trusting = { without: 'rescan', patienceMs: WATCHER_MS } as const;
  const { failures } = await storm({ size: OVERFLOWING, seed: 1, blocking: 'process', stoppedMs: 0, ...trusting });
  expect(failures.join('\n')).toMatch(/\d+ of 18000 changes were never told/);
});

function unless({ skip }: TestContext, skipped: string | undefined): void {
  if (skipped !== undefined) skip(`skipped: ${skipped}`);
}

test('where the kernel gives no watches, changes are told within 65 s', { timeout: 180_000 }, async (context) => {
  const { failures, skipped } = await unwatched({ size: 500, seed: 1 });
  unless(context, skipped);
  expect(failures).toEqual([]);
});

test('the test above would notice a Larder that waits for hints', { timeout: 180_000 }, async (context) => {
  const { failures, skipped } = await unwatched({ size: 50, seed: 1, without: 'rescan', patienceMs: WATCHER_MS });
  unless(context, skipped);
  expect(failures.join('\n')).toMatch(/50 of 50 changes were never told/);
});

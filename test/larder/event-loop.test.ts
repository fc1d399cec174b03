/** DESIGN 3.11: the event loop is never blocked for longer than 50 ms, whatever is written at once. */
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/digest.ts';
import type { WriteRequest } from '../../src/core/requests.ts';
import { me, openTestLarder } from '../reconciler/world.ts';
import { watchTurns } from './turns.ts';

/** Of CPU time. Where sets and documents are done in one go, updates of so many hold the loop for 140, and a document of 8 MiB for 280. */
const MOST_MS = 80;
const DOCUMENTS = 3000;
const LIMIT_MS = 180_000;

const text = 'words of a document as long as most are, '.repeat(22);
const puts = (version: number): WriteRequest[] =>
  Array.from({ length: DOCUMENTS }, (_, index) => ({
    ref: { collection: 'lod/things', id: `d${index}` },
    change: { op: 'put', body: Buffer.from(JSON.stringify({ version, index, text })) },
  }));
const deletions = (): WriteRequest[] => puts(0).map(({ ref }) => ({ ref, change: { op: 'delete' } }));

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('what measures the turns sees a long one', async () => {
  using turns = watchTurns();
  await nextTurn();
  const until = process.threadCpuUsage().user + 200_000;
  while (process.threadCpuUsage().user < until);
  await nextTurn();
  await nextTurn();
  expect(turns.longestMs()).toBeGreaterThan(MOST_MS);
});

test(
  `a change set of ${DOCUMENTS} documents is made, changed, undone, found and deleted in short turns`,
  async () => {
    await using world = await openTestLarder();
    const { larder } = world;
    const longest = new Map<string, number>();
    using turns = watchTurns();
    const measure = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      turns.longestMs();
      const done = await work();
      await nextTurn();
      longest.set(name, turns.longestMs());
      return done;
    };
    const write = (requests: WriteRequest[]) => larder.writeAll(requests, me, { atomic: true });
    await measure('creations', () => write(puts(1)));
    const [changed] = await measure('updates', () => write(puts(2)));
    await measure('rescan', () => larder.rescan());
    const before = { seq: larder.seq - DOCUMENTS };
    const past = await measure('a list as it was', () =>
      larder.versions.listAt('lod/things', { limit: 1000, prefix: null, cursor: null, at: before }),
    );
    expect(past?.items.map(({ text: was }) => (JSON.parse(was) as { version: number }).version)).toEqual(
      Array.from({ length: 1000 }, () => 1),
    );
    const changeSet = changed?.ok === true ? changed.written.changeSet : '';
    const undone = await measure('undo', () => larder.versions.undo({ change_set: changeSet }, me));
    expect(undone.undone).toBe(DOCUMENTS);
    await measure('deletions', () => write(deletions()));
    await measure('rescan behind them', () => larder.rescan());
    expect(larder.status().documents).toBe(0);
    for (const [name, ms] of longest) expect(ms, name).toBeLessThan(MOST_MS);
  },
  LIMIT_MS,
);

test(
  'a document of 8 MiB is made, patched, merged and laid out in short turns',
  async () => {
    await using world = await openTestLarder();
    const items = Array.from({ length: 60_000 }, (_, id) => ({ id, name: `item ${id}`, note: text.slice(0, 90) }));
    const ref = { collection: 'lod/things', id: 'large' };
    const body = Buffer.from(JSON.stringify({ revision: 0, items }));
    using turns = watchTurns();
    await nextTurn();
    turns.longestMs();
    await world.larder.write({ ref, change: { op: 'put', body } }, me);
    const patch = { op: 'merge-patch', body: Buffer.from('{"revision": 1}') } as const;
    const { bytes, etag } = await world.larder.write({ ref, change: patch }, me);
    expect(bytes?.length).toBeGreaterThan(8 * 1024 * 1024);
    await world.larder.write({ ref, change: { op: 'merge-patch', body: Buffer.from('{"revision": 2}') } }, me);
    const mine = { op: 'merge-patch', body: Buffer.from('{"mine": 3}') } as const;
    const preconditions = { ifMatch: [etag as Digest] };
    const merged = await world.larder.write({ ref, change: mine, merge: true, preconditions }, me);
    expect(JSON.parse(Buffer.from(merged.bytes ?? []).toString())).toMatchObject({ revision: 2, mine: 3 });
    const laidOut = await world.larder.maintenance.normalise({ paths: ['lod'], indent: 1, dryRun: true }, me);
    expect(laidOut.changed).toEqual(['lod/things/large.json']);
    await nextTurn();
    expect(turns.longestMs()).toBeLessThan(MOST_MS);
  },
  LIMIT_MS,
);

test(
  'versions of nearly 16 MiB are compared in short turns, and a refused write reads none of them',
  async () => {
    await using world = await openTestLarder();
    const ref = { collection: 'lod/things', id: 'long' };
    const put = (revision: number): WriteRequest => {
      const body = Buffer.from(JSON.stringify({ revision, text: 'x'.repeat(16_000_000) }));
      return { ref, change: { op: 'put', body } };
    };
    const { etag } = await world.larder.write(put(1), me);
    await world.larder.write(put(2), me);
    using turns = watchTurns();
    await nextTurn();
    await nextTurn();
    turns.longestMs();
    const { text: patch } = await world.larder.versions.diff(ref, { from: null, to: null, as: 'patch' });
    await nextTurn();
    expect(JSON.parse(patch)).toEqual([{ op: 'replace', path: '/revision', value: 2 }]);
    expect(turns.longestMs(), 'diff').toBeLessThan(MOST_MS);
    const stale = { op: 'merge-patch', body: Buffer.from('{"revision": 3}') } as const;
    const preconditions = { ifMatch: [etag as Digest] };
    const refused = world.larder.write({ ref, change: stale, preconditions }, me);
    await expect(refused).rejects.toMatchObject({ code: 'precondition_failed', members: { base_seq: 1 } });
    await nextTurn();
    expect(turns.longestMs(), 'refusal').toBeLessThan(MOST_MS / 4);
  },
  LIMIT_MS,
);

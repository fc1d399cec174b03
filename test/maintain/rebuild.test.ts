import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder } from '../../src/larder.ts';
import { me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';

const FILES = {
  'lod/things/a.json': '{"name": "Ada"}',
  'lod/things/b.json': '{"name": "Grace"}',
  'lod/things/_schema.json': '{"type": "object", "properties": {"v": {"type": "number"}}}',
  'lod/things/broken.json': '{"name": ',
  'lod/things/eu/c.json': '{"v": 1}',
  'lod/files/picture.bin': 'bytes',
} as const;

const put = (world: TestLarder, id: string, text: string): Promise<unknown> =>
  world.larder.write({ ref: ref(id), change: { op: 'put', body: Buffer.from(text) } }, me);

const all = { limit: 1000, prefix: null, cursor: null } as const;

/** Everything that lists, history, problems and the feed answer. */
async function answersOf(larder: Larder): Promise<unknown> {
  const ids = ['a', 'b', 'moved', 'broken', 'eu/c', 'x', 'gone', 'link'];
  const reads = await Promise.all(ids.map((id) => larder.read(ref(id)).catch((error: Error) => error.message)));
  const feed = larder.changes({ kind: 'all' }, 'beginning', 1000, null);
  return {
    namespaces: larder.namespaces(),
    collections: larder.collections('lod'),
    list: larder.list('lod/things', all),
    deleted: larder.listDeleted('lod/things', { limit: 100, cursor: null }),
    problems: larder.problems({ collection: null, limit: 100, cursor: null }),
    histories: ids.map((id) => larder.history(ref(id), { before: null, limit: 100 })),
    atEarlier: await Promise.all(
      [1, 3, 6].map((seq) => larder.readAt(ref('a'), { seq }).catch((error: Error) => error.message)),
    ),
    feed,
    reads: reads.map((read) => (typeof read === 'string' ? read : { ...read })),
    seq: larder.seq,
    log: larder.logId,
  };
}

async function lived(): Promise<TestLarder> {
  const world = await openTestLarder(FILES);
  await put(world, 'x', '{"v": 1}');
  await put(world, 'x', '{"v": 2}');
  await put(world, 'gone', '{"v": 3}');
  await world.larder.write({ ref: ref('gone'), change: { op: 'delete' } }, me);
  renameSync(world.at('lod/things/b.json'), world.at('lod/things/moved.json'));
  symlinkSync('a.json', world.at('lod/things/link.json'));
  await world.larder.rescan();
  await expect
    .poll(() => world.larder.problems({ collection: null, limit: 50, cursor: null }).items.length, { timeout: 20_000 })
    .toBe(2);
  return world;
}

test('a rebuild answers everything as before, and announces nothing', async () => {
  await using world = await lived();
  const before = await answersOf(world.larder);
  await world.larder[Symbol.asyncDispose]();
  await using rebuilt = await openLarder({ root: world.root, watcher: 'none', rebuild: true });
  await rebuilt.ready;
  expect(await answersOf(rebuilt)).toEqual(before);
});

test('derived data that were removed come back the same', async () => {
  await using world = await lived();
  const before = await answersOf(world.larder);
  await world.reopen(() => rmSync(join(world.root, '.larder/derived'), { recursive: true }));
  expect(await answersOf(world.larder)).toEqual(before);
});

test.each([
  ['small', 10],
  ['large', 1_300_000],
])('a root whose history has lost the bytes of a %s version is rebuilt like any other', async (_, size) => {
  await using world = await openTestLarder();
  for (const v of [1, 2]) await put(world, 'a', JSON.stringify({ v, pad: 'x'.repeat(size) }));
  await world.larder.maintenance.forget('lod/things/a.json', null);
  const before = await answersOf(world.larder);
  await world.reopen(() => rmSync(join(world.root, '.larder/derived'), { recursive: true }));
  expect(await answersOf(world.larder)).toEqual(before);
});

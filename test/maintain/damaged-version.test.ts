/** One flipped bit in the stored bytes of one version: that version is lost, and nothing else is held up by it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder } from '../../src/larder.ts';
import { me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';
import { copyOf, flipBitAt, segmentsOf, verifyClosed } from './verify-world.ts';

const PATH = 'lod/things/a.json';
const FILES = { [PATH]: '{"v":"one"}' } as const;
const all = { limit: 1000, prefix: null, cursor: null } as const;

const put = (larder: Larder, id: string, text: string): Promise<unknown> =>
  larder.write({ ref: ref(id), change: { op: 'exact', body: Buffer.from(text) } }, me);

/** Versions 1 to 4 of a, b beside it; closed, and a bit of one of them flipped. */
async function flipped(word: string): Promise<TestLarder> {
  const world = await openTestLarder(FILES);
  for (const v of ['two', 'three', 'four']) await put(world.larder, 'a', `{"v":"${v}"}`);
  await put(world.larder, 'b', '{"v":"beside"}');
  await world.larder[Symbol.asyncDispose]();
  const [segment = ''] = segmentsOf(world.root);
  flipBitAt(segment, `"${word}"`);
  return world;
}

const valuesAt = async ({ versions }: Larder, seq: number): Promise<unknown> =>
  (await versions.listAt('lod/things', { ...all, at: { seq } }))?.items.map(({ text, problem }) => problem ?? text);

async function isAsBefore(larder: Larder): Promise<void> {
  expect(larder.list('lod/things', all)?.items.map(({ text }) => text)).toEqual(['{"v":"four"}', '{"v":"beside"}']);
  const read = await larder.read(ref('a'));
  expect(read.kind === 'served' && Buffer.from(read.bytes).toString()).toBe('{"v":"four"}');
  expect(larder.history(ref('a'), { before: null, limit: 10 })?.items.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
}

async function isLostAlone(larder: Larder, segment: string): Promise<void> {
  await isAsBefore(larder);
  const lost = {
    code: 'version_damaged',
    message: expect.stringMatching(
      /^version 2 of lod\/things\/a\.json, recorded .*Z, cannot be read: .*\.log, byte \d+$/,
    ),
    members: { seq: 2, path: PATH, segment, offset: expect.any(Number) },
    meaning: { status: 410, hint: expect.not.stringContaining('start a new history') },
  };
  await expect(larder.readVersion(ref('a'), 2)).rejects.toMatchObject(lost);
  await expect(larder.readAt(ref('a'), { seq: 2 })).rejects.toMatchObject(lost);
  await expect(larder.versions.diff(ref('a'), { from: 2, to: 3, as: 'patch' })).rejects.toMatchObject(lost);
  await expect(larder.versions.revert(ref('a'), 2, me, undefined)).rejects.toMatchObject(lost);
  for (const seq of [1, 3, 4]) expect(await larder.readVersion(ref('a'), seq)).toMatchObject({ kind: 'served' });
  expect([await valuesAt(larder, 2), await valuesAt(larder, 3)]).toEqual([['version_damaged'], ['{"v":"three"}']]);
}

test('it alone cannot be read, in place, after a rebuild, without derived data, and in a copy', async () => {
  await using world = await flipped('two');
  const [segment = ''] = segmentsOf(world.root);
  using copy = copyOf(world.root);
  await world.reopen();
  await isLostAlone(world.larder, segment);
  await world.reopen(() => rmSync(join(world.root, '.larder/derived'), { recursive: true }));
  await isLostAlone(world.larder, segment);
  await world.larder[Symbol.asyncDispose]();
  for (const [root, rebuild] of [
    [world.root, true],
    [copy.root, false],
  ] as const) {
    await using larder = await openLarder({ root, watcher: 'none', rebuild });
    await larder.ready;
    await isLostAlone(larder, segmentsOf(root)[0] ?? '');
  }
  expect((await verifyClosed(world.root)).said).toEqual([`difference body ${PATH}`]);
});

test('an undo that needs it names it and undoes nothing; one that does not is done', async () => {
  await using world = await flipped('two');
  await world.reopen();
  const conflict = { id: 'a', why: 'version_damaged', detail: expect.stringContaining('.log, byte ') };
  await expect(world.larder.versions.undo({ since: 2 }, me)).rejects.toMatchObject({
    code: 'undo_conflict',
    members: { conflicts: [conflict] },
  });
  await isAsBefore(world.larder);
  expect(await world.larder.versions.undo({ since: 3 }, me)).toMatchObject({ undone: 2 });
  expect(await world.text('a')).toBe('{"v":"three"}');
});

test('the version that is served is made from its file, as long as the file has its bytes', async () => {
  await using world = await flipped('four');
  await world.reopen(() => rmSync(join(world.root, '.larder/derived'), { recursive: true }));
  await isAsBefore(world.larder);
  await put(world.larder, 'a', '{"v":"five"}');
  expect(await world.text('a')).toBe('{"v":"five"}');
});

test('a broken save over it leaves its text in the catalog to be served; without that, it is told', async () => {
  await using world = await flipped('four');
  await world.reopen(() => writeFileSync(world.at(PATH), '{"v":'));
  await isAsBefore(world.larder);
  await world.reopen(() => rmSync(join(world.root, '.larder/derived'), { recursive: true }));
  await expect(world.larder.read(ref('a'))).rejects.toMatchObject({ code: 'version_damaged' });
  expect(world.larder.problems({ collection: null, limit: 9, cursor: null }).items).toMatchObject([{ path: PATH }]);
  expect(await world.text('b')).toBe('{"v":"beside"}');
});

test('a schema in force is read from its file', async () => {
  const schema = 'lod/things/_schema.json';
  await using world = await openTestLarder({ [schema]: '{"title":"mark","required":["v"]}', ...FILES });
  await world.larder[Symbol.asyncDispose]();
  flipBitAt(segmentsOf(world.root)[0] ?? '', '"mark"');
  await world.reopen();
  await expect(put(world.larder, 'c', '{}')).rejects.toMatchObject({ code: 'schema_refused' });
  await world.reopen(() => writeFileSync(world.at(schema), '{"title":'));
  await expect(put(world.larder, 'c', '{}')).rejects.toMatchObject({ code: 'schema_broken' });
  expect(await world.text('a')).toBe('{"v":"one"}');
});

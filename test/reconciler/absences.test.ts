import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { bytes, me, ref } from './world.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';

const paths = (from: number, to: number, place = 'lod/things'): string[] =>
  Array.from({ length: to - from }, (_, index) => `${place}/d${from + index}.json`);

const held = (world: GuardedLarder): string[] =>
  world.problems().flatMap(({ code, path }) => (code === 'held' ? [path] : []));

test('few absences become deletions after their second look, and answer with their mark until then', async () => {
  await using world = await openGuarded(documents(30));
  world.remove(...paths(0, 3));
  await world.larder.rescan();
  expect(await world.read('d0')).toMatchObject({ kind: 'served', mark: { code: 'absent' } });
  expect(world.ids()).toHaveLength(30);
  await world.settleDown();
  expect(world.deleted()).toEqual(['d0', 'd1', 'd2']);
  expect(world.ids()).toHaveLength(27);
  expect(held(world)).toEqual([]);
});

test('a file that could not be read for a while was not absent then', async () => {
  let isShort = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, mode, permissions) {
      if (isShort && path.endsWith('d0.json')) throw Object.assign(new Error('EMFILE: open'), { code: 'EMFILE' });
      return nodeFileSystem.open(path, mode, permissions);
    },
  };
  await using world = await openGuarded(documents(30), fs);
  isShort = true;
  world.save('lod/things/d0.json', '{"v": "changed"}');
  await world.larder.rescan();
  await world.pass(1500);
  world.remove('lod/things/d0.json');
  await world.larder.rescan();
  expect(world.deleted()).toEqual([]);
  await world.settleDown();
  expect(world.deleted()).toEqual(['d0']);
});

test('a rescan that finds a file absent for a second has recorded its deletion when it is done', async () => {
  await using world = await openGuarded(documents(30));
  world.remove(...paths(0, 3));
  await world.larder.rescan();
  await world.pass(1005);
  await world.larder.rescan();
  expect(world.deleted()).toEqual(['d0', 'd1', 'd2']);
});

test('absences that come in batches count together: what is over the limit is held, what was believed before is not undone', async () => {
  await using world = await openGuarded(documents(300));
  for (const [from, to] of [
    [0, 60],
    [60, 95],
    [95, 120],
  ] as const) {
    world.remove(...paths(from, to));
    await world.settleDown();
  }
  expect(world.deleted()).toHaveLength(95);
  expect(held(world)).toEqual(['lod/things']);
  expect(await world.read('d95')).toMatchObject({ kind: 'served', mark: { code: 'held' } });
  expect(await world.read('d0')).toMatchObject({ kind: 'missing' });
});

test('what was deleted a moment before a restart counts with what goes after it', async () => {
  await using world = await openGuarded(documents(300));
  world.remove(...paths(0, 60));
  await world.settleDown();
  await world.reopen(() => world.remove(...paths(60, 110)));
  await world.settleDown();
  expect(world.deleted()).toHaveLength(60);
  expect(held(world)).toEqual(['lod/things']);
});

test('the same batches minutes apart are deletions', async () => {
  await using world = await openGuarded(documents(300));
  for (const from of [0, 60, 120]) {
    world.remove(...paths(from, from + 60));
    await world.settleDown();
    await world.pass(61_000);
  }
  expect(world.deleted()).toHaveLength(180);
  expect(held(world)).toEqual([]);
});

test('a slow rm -rf that is seen piece by piece is held before the collection is empty', async () => {
  await using world = await openGuarded(documents(40));
  for (let from = 0; from < 40; from += 5) {
    world.remove(...paths(from, from + 5));
    await world.pass(400);
    await world.larder.rescan();
  }
  rmSync(world.at('lod/things'), { recursive: true });
  await world.settleDown();
  expect(world.deleted().length).toBeLessThan(40);
  expect(held(world)).toEqual(['lod/things']);
  expect(world.ids()).toHaveLength(40 - world.deleted().length);
});

test('a directory that held ten is held, one that held nine is deleted', async () => {
  await using world = await openGuarded({
    ...documents(50),
    ...documents(10, 'lod/things/ten', 100),
    ...documents(9, 'lod/things/nine', 200),
  });
  world.remove('lod/things/nine');
  await world.settleDown();
  expect(world.deleted()).toHaveLength(9);
  world.remove('lod/things/ten');
  await world.settleDown();
  expect(world.deleted()).toHaveLength(9);
  expect(held(world)).toEqual(['lod/things']);
});

test('a schema is held with its collection', async () => {
  await using world = await openGuarded({ ...documents(12), 'lod/things/_schema.json': '{"required": ["v"]}' });
  world.remove('lod/things');
  await world.settleDown();
  await world.pass(5000);
  expect((await world.larder.schema('lod/things'))?.json).toEqual({ required: ['v'] });
  await expect(
    world.larder.write({ ref: ref('new'), change: { op: 'put', body: bytes({ w: 1 }) } }, me),
  ).rejects.toMatchObject({ code: 'schema_refused' });
});

test('documents beside a schema that stays are the whole collection', async () => {
  await using world = await openGuarded({ ...documents(12), 'lod/things/_schema.json': '{}' });
  world.remove(...paths(0, 12));
  await world.settleDown();
  expect(held(world)).toEqual(['lod/things']);
});

test('held documents take no write, and the mark names the problem that is to be decided', async () => {
  await using world = await openGuarded(documents(12));
  world.remove('lod/things');
  await world.settleDown();
  const [problem] = world.problems();
  expect(problem).toMatchObject({ code: 'held', state: 'held', collection: 'lod/things' });
  expect(problem?.errors[0]?.detail).toMatch(/^12 files of lod\/things disappeared, .* and 9 more$/);
  const list = world.larder.list('lod/things', { limit: 20, prefix: null, cursor: null });
  expect(new Set(list?.items.map((item) => item.problem))).toEqual(new Set(['held']));
  expect(await world.read('d3')).toMatchObject({ kind: 'served', mark: { code: 'held', id: problem?.id } });
  for (const change of [{ op: 'put', body: bytes({}) }, { op: 'delete' }] as const) {
    await expect(world.larder.write({ ref: ref('d3'), change }, me)).rejects.toMatchObject({ code: 'document_held' });
  }
  const created = await world.larder.write({ ref: ref('other'), change: { op: 'put', body: bytes({}) } }, me);
  expect(created.outcome).toBe('created');
});

test('a hold lasts over restarts, over a new catalog, and however long it takes', async () => {
  await using world = await openGuarded(documents(30));
  world.remove(...paths(0, 30));
  await world.settleDown();
  // Some come back while nobody looks: the rest would be few enough to be deleted.
  await world.reopen(() => paths(0, 25).forEach((path, index) => world.save(path, `{"v": ${index}}\n`)));
  expect(held(world)).toEqual(['lod/things']);
  expect(await world.read('d27')).toMatchObject({ mark: { code: 'held' } });
  expect(await world.read('d3')).toMatchObject({ kind: 'served', mark: null });
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  await world.settleDown();
  await world.pass(180_000);
  expect(held(world)).toEqual(['lod/things']);
  expect(await world.read('d27')).toMatchObject({ kind: 'served', mark: { code: 'held' } });
  expect(world.deleted()).toEqual([]);
});

test('documents that come back are let go one by one, and the problem ends with the last', async () => {
  await using world = await openGuarded(documents(12));
  world.remove('lod/things');
  await world.settleDown();
  world.save('lod/things/d3.json', '{"v": 33}\n');
  expect(await world.text('d3')).toBe('{"v": 33}\n');
  expect(await world.read('d4')).toMatchObject({ mark: { code: 'held' } });
  for (const [path, text] of Object.entries(documents(12))) if (!path.endsWith('d3.json')) world.save(path, text);
  await world.larder.rescan();
  expect(world.problems()).toEqual([]);
  expect(world.events().at(-1)).toMatchObject({ op: 'resolved', code: 'held' });
  expect(world.deleted()).toEqual([]);
});

test('a deletion by API is never suspect', async () => {
  await using world = await openGuarded(documents(12));
  for (let index = 0; index < 12; index++)
    await world.larder.write({ ref: ref(`d${index}`), change: { op: 'delete' } }, me);
  await world.settleDown();
  expect(world.deleted()).toHaveLength(12);
  expect(world.problems()).toEqual([]);
});

/** What is said of a served document follows from its bytes and its schema alone, whatever lies on the disk meanwhile. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';
import { me, ref } from './world.ts';

const failing = { path: '', code: '' };
/** What a sync waits for. */
let gate: PromiseWithResolvers<void> | null = null;
let waiting = 0;
/** What large bytes wait for before they are recorded. */
let largeGate: PromiseWithResolvers<void> | null = null;

const fs: FileSystem = {
  ...nodeFileSystem,
  open(path, mode, permissions) {
    if (failing.path !== '' && path.endsWith(failing.path))
      throw Object.assign(new Error(`${failing.code}: open`), { code: failing.code });
    return nodeFileSystem.open(path, mode, permissions);
  },
  async fsync(fd) {
    if (largeGate !== null) {
      waiting += 1;
      await largeGate.promise;
    }
    return nodeFileSystem.fsync(fd);
  },
  async fdatasync(fd) {
    waiting += 1;
    await gate?.promise;
    if (failing.path === 'log') throw eio();
    return nodeFileSystem.fdatasync(fd);
  },
};

const eio = (): Error => Object.assign(new Error('EIO: sync'), { code: 'EIO' });

const openWith = (text: string): Promise<GuardedLarder> => {
  Object.assign(failing, { path: '', code: '' });
  [gate, largeGate] = [null, null];
  return openGuarded({ 'lod/things/a.json': text }, fs);
};

const codes = (world: GuardedLarder): string[] => world.problems().map(({ code }) => code);

const AT_MOST_5 = new TextEncoder().encode('{"properties": {"v": {"maximum": 5}}}');

test('a document that does not fit stays marked while its file cannot be read', async () => {
  await using world = await openWith('{"v": 6}');
  await world.larder.putSchema('lod/things', AT_MOST_5, me, undefined);
  await world.larder.rescan();
  expect(codes(world)).toEqual(['invalid']);
  Object.assign(failing, { path: '/a.json', code: 'EACCES' });
  world.save('lod/things/a.json', '{"v": 7}');
  await world.larder.rescan();
  expect(codes(world)).toEqual(['invalid', 'unreadable']);
});

test('a mark ends with the version that ends it, and not before that is recorded', async () => {
  await using world = await openWith('{"v": 6}');
  await world.larder.putSchema('lod/things', AT_MOST_5, me, undefined);
  await world.larder.rescan();
  failing.path = 'log';
  world.save('lod/things/a.json', '{"v": 5}');
  await world.larder.rescan();
  expect(codes(world)).toEqual(['invalid', 'unrecorded']);
  failing.path = '';
  await world.until(() => codes(world).length === 0);
});

test('a document that is deleted while its collection is judged gets no mark', async () => {
  await using world = await openWith('{"v": 6}');
  [gate, waiting] = [Promise.withResolvers<void>(), 0];
  const deleting = world.larder.write({ ref: ref('a'), change: { op: 'delete' } }, me);
  await world.until(() => waiting > 0);
  const judging = world.larder.putSchema('lod/things', AT_MOST_5, me, undefined);
  await world.pass(1000);
  gate.resolve();
  await Promise.all([deleting, judging]);
  expect(await world.read('a')).toMatchObject({ kind: 'missing' });
  expect(codes(world)).toEqual([]);
});

test('a write that was judged by an earlier schema than it is recorded under gets the mark of the later', async () => {
  await using world = await openWith('{"v": 1}');
  [largeGate, waiting] = [Promise.withResolvers<void>(), 0];
  const body = new TextEncoder().encode(JSON.stringify({ v: 6, pad: 'x'.repeat(1_100_000) }));
  const writing = world.larder.write({ ref: ref('b'), change: { op: 'put', body } }, me);
  await world.until(() => waiting > 0);
  const held = largeGate;
  largeGate = null;
  await world.larder.putSchema('lod/things', AT_MOST_5, me, undefined);
  held.resolve();
  await writing;
  expect(world.problems()).toMatchObject([{ code: 'invalid', document: 'b' }]);
});

test('a version brings its own marks, and the next one ends them', async () => {
  await using world = await openWith('\uFEFF{"v": 6}');
  expect(codes(world)).toEqual(['warning']);
  world.save('lod/things/a.json', '\uFEFF{"v": 7}');
  await world.larder.rescan();
  expect(world.problems()).toMatchObject([{ code: 'warning', document: 'a' }]);
  world.save('lod/things/a.json', '{"v": 7}');
  await world.larder.rescan();
  expect(codes(world)).toEqual([]);
});

const put = (world: GuardedLarder, id: string, text: string): Promise<unknown> =>
  world.larder.write({ ref: ref(id), change: { op: 'put', body: new TextEncoder().encode(text) } }, me);

const LARGE = 300_000;

test.each([10, LARGE])('a write of %i bytes has the warnings of its bytes until the next version', async (size) => {
  await using world = await openWith('{"v": 6}');
  const pad = 'x'.repeat(size);
  await put(world, 'b', JSON.stringify({ _x: 1, pad }));
  const warned = [{ code: 'warning', document: 'b', errors: [{ pointer: '/_x' }] }];
  expect(world.problems()).toMatchObject(warned);
  await world.larder.rescan();
  expect(world.problems()).toMatchObject(warned);
  await put(world, 'b', JSON.stringify({ x: 1, pad }));
  expect(codes(world)).toEqual([]);
});

test('a catalog that is made anew warns of the same as before, whoever wrote it', async () => {
  await using world = await openWith('\uFEFF{"v": 6}');
  await put(world, 'b', '{"_x": 1}');
  world.save('lod/judged/c.json', '{"_x": 1}');
  await world.larder.putSchema('lod/judged', AT_MOST_5, me, undefined);
  await world.larder.rescan();
  const told = (): Record<string, string> => Object.fromEntries(world.problems().map(({ path, code }) => [path, code]));
  const warned = { 'lod/judged/c.json': 'warning', 'lod/things/a.json': 'warning', 'lod/things/b.json': 'warning' };
  expect(told()).toEqual(warned);
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  expect(told()).toEqual(warned);
});

test('a document that fits its schema again has the warnings again that it had', async () => {
  await using world = await openWith('\uFEFF{"v": 6}');
  await world.larder.putSchema('lod/things', AT_MOST_5, me, undefined);
  expect(codes(world)).toEqual(['invalid']);
  await world.larder.putSchema('lod/things', new TextEncoder().encode('{}'), me, undefined);
  expect(codes(world)).toEqual(['warning']);
});

/** What is said of a served document follows from its bytes and its schema alone, whatever lies on the disk meanwhile. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';
import { me } from './world.ts';

const failing = { path: '', code: '' };

const fs: FileSystem = {
  ...nodeFileSystem,
  open(path, mode, permissions) {
    if (failing.path !== '' && path.endsWith(failing.path))
      throw Object.assign(new Error(`${failing.code}: open`), { code: failing.code });
    return nodeFileSystem.open(path, mode, permissions);
  },
  fdatasync: (fd) => (failing.path === 'log' ? Promise.reject(eio()) : nodeFileSystem.fdatasync(fd)),
};

const eio = (): Error => Object.assign(new Error('EIO: sync'), { code: 'EIO' });

const openWith = (text: string): Promise<GuardedLarder> => {
  Object.assign(failing, { path: '', code: '' });
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

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openBulkThreads } from '../../src/files/bulk-threads.ts';
import { openFilesWorld, type FilesWorld } from './world.ts';

function openNamingWorld(): FilesWorld {
  const world = openFilesWorld();
  mkdirSync(world.at('lod/c'), { recursive: true });
  for (let index = 0; index < 40; index++) world.save(`.larder/tmp/${index}`, `file ${index}`);
  return world;
}

const nameAll = async (world: FilesWorld, paths: readonly string[]) => {
  await using bulk = openBulkThreads({ ...world, tmp: world.at('.larder/tmp') });
  return await bulk.name?.(paths.map((path, index) => ({ path, file: world.at(`.larder/tmp/${index}`) })));
};

const PATHS = Array.from({ length: 40 }, (_, index) => `lod/c/${index}.json`);

test('a worker gives new files their names, and says how each was seen behind that', async () => {
  using world = openNamingWorld();
  const named = await nameAll(world, PATHS);
  expect(PATHS.map((path) => readFileSync(world.at(path), 'utf8'))).toEqual(PATHS.map((_, index) => `file ${index}`));
  expect(named).toEqual(PATHS.map((path) => world.fs.lstat(world.at(path))));
});

test('behind a name that is taken none is given, and nothing is replaced', async () => {
  using world = openNamingWorld();
  world.save('lod/c/7.json', 'by hand');
  const named = await nameAll(world, PATHS);
  expect(named?.map((one) => one === 'left')).toEqual(PATHS.map((_, index) => index >= 7));
  expect(readFileSync(world.at('lod/c/7.json'), 'utf8')).toBe('by hand');
  expect(world.fs.lstat(world.at('lod/c/8.json'))).toBeUndefined();
});

test('no name is given behind a symlink', async () => {
  using world = openNamingWorld();
  mkdirSync(world.at('elsewhere'));
  symlinkSync(world.at('elsewhere'), world.at('lod/link'));
  expect(await nameAll(world, ['lod/link/a.json', 'lod/c/b.json'])).toEqual(['left', 'left']);
  expect(world.fs.readDirectory(world.at('elsewhere'))).toEqual([]);
});

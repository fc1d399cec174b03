import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../src/core/digest.ts';
import { openBulkThreads } from '../../src/files/bulk-threads.ts';
import { writeTemp, type NewBytes } from '../../src/files/temp.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openFilesWorld } from './world.ts';

const newBytes = (index: number): NewBytes => {
  const bytes = Buffer.from(`{"number": ${index}}\n`.repeat(index + 1));
  return { path: `lod/c/${index}.json`, bytes, digest: digestOf(bytes), replaces: null };
};

test('a worker writes temp files in their order, each with its own bytes and dressed like its directory', async () => {
  using world = openFilesWorld();
  mkdirSync(world.at('lod/c'), { recursive: true, mode: 0o750 });
  mkdirSync(world.at('.larder/tmp'), { recursive: true });
  await using bulk = openBulkThreads({ ...world, tmp: world.at('.larder/tmp') });
  const files = Array.from({ length: 300 }, (_, index) => newBytes(index));
  const temps = (await bulk.stage?.(files)) ?? [];
  expect(temps.map(({ file }) => readFileSync(file, 'utf8'))).toEqual(files.map(({ bytes }) => String(bytes)));
  for (const { file, stat } of temps) expect(world.fs.lstat(file)).toMatchObject({ ino: stat.ino, mode: 0o640 });
});

test('a temp file that cannot be written is told as what the kernel said, and none of the others is left', async () => {
  using world = openFilesWorld();
  mkdirSync(world.at('.larder/tmp'), { recursive: true });
  await using bulk = openBulkThreads({ ...world, tmp: world.at('.larder/tmp') });
  const lost = { ...newBytes(3), digest: 'no/such/place' as Digest };
  const failure = await bulk.stage?.([newBytes(1), newBytes(2), lost, newBytes(4)]).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ENOENT', syscall: 'open' });
  expect(readdirSync(world.at('.larder/tmp'))).toEqual([]);
});

test('what threads have not done when they are stopped is refused: nobody waits for it for ever', async () => {
  using world = openFilesWorld();
  const bulk = openBulkThreads(world);
  const asked = bulk.hash('ns/c/a.json');
  asked.catch(() => {});
  await bulk[Symbol.asyncDispose]();
  await expect(asked).rejects.toMatchObject({ code: 'stopping' });
});

test('a temp file that can neither be written nor removed is told as why it cannot be written', () => {
  using world = openFilesWorld();
  mkdirSync(world.at('.larder/tmp'), { recursive: true });
  const failing = (code: string, syscall: string) => () => {
    throw Object.assign(new Error(code), { code, syscall });
  };
  const fs = { ...world.fs, write: failing('ENOSPC', 'write'), unlink: failing('EIO', 'unlink') };
  const root = world.fs.lstat(world.root);
  const writing = { ...world, fs, random: systemRandom, tmp: world.at('.larder/tmp'), rootInode: root?.ino ?? 0n };
  expect(() => writeTemp(writing, newBytes(1))).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
});

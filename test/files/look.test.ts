import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { look, statOnly } from '../../src/files/look.ts';
import type { Look } from '../../src/files/types.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { openFilesWorld, type FilesWorld } from './world.ts';

const MAX = { maxBytes: 1000 };
const textOf = (seen: Look): string => (seen.kind === 'file' ? Buffer.from(seen.bytes).toString() : seen.kind);

/** Lets something happen at each of the first `times` reads, in the middle of a look. */
const whileReading =
  (times: number, happens: (path: string) => void) =>
  (fs: FileSystem): Partial<FileSystem> => {
    let [left, opened] = [times, ''];
    return {
      open: (path, mode, permissions) => fs.open((opened = path), mode, permissions),
      read: (...args) => {
        if (left-- > 0) happens(opened);
        return fs.read(...args);
      },
    };
  };

test('a file is read with its stat; it is racy while it is younger than its timestamps are fine', async () => {
  using world = openFilesWorld();
  world.save('lod/c/a.json', '{"v": 1}');
  expect(look(world, 'lod/c/a.json', MAX)).toMatchObject({ kind: 'file', racy: true, stat: { size: 8 } });
  await new Promise((resolve) => setTimeout(resolve, 60));
  const seen = look(world, 'lod/c/a.json', MAX);
  expect(seen).toMatchObject({ kind: 'file', racy: false });
  expect(textOf(seen)).toBe('{"v": 1}');
  expect(statOnly(world, 'lod/c/a.json')).toBe(seen.kind === 'file' ? seen.key : null);
});

test('a file that changes while it is read is read again, whole', () => {
  using world = openFilesWorld(whileReading(3, (path) => appendFileSync(path, '+')));
  world.save('lod/c/a.json', 'x');
  expect(textOf(look(world, 'lod/c/a.json', MAX))).toBe('x+++');
});

test('a file that is replaced, or shortened, while it is read is read as what it became', () => {
  const replace = (path: string): void => {
    writeFileSync(`${path}.new`, 'new');
    renameSync(`${path}.new`, path);
  };
  for (const happens of [replace, (path: string) => writeFileSync(path, 'new')]) {
    using world = openFilesWorld(whileReading(1, happens));
    world.save('lod/c/a.json', 'the old one is longer');
    expect(textOf(look(world, 'lod/c/a.json', MAX))).toBe('new');
  }
});

test('a file that changes at every try is unstable, one that vanishes is absent', () => {
  using world = openFilesWorld(whileReading(99, (path) => appendFileSync(path, '+')));
  world.save('lod/c/a.json', 'x');
  expect(look(world, 'lod/c/a.json', MAX)).toEqual({ kind: 'unstable' });
  using other = openFilesWorld(whileReading(1, (path) => unlinkSync(path)));
  other.save('lod/c/a.json', 'x');
  expect(look(other, 'lod/c/a.json', MAX)).toEqual({ kind: 'absent' });
});

test('a directory that becomes a symlink after it was judged does not lead out of the root', () => {
  let world: FilesWorld | null = null;
  using swapped = openFilesWorld((fs) => ({
    open: (path, mode, permissions) => {
      if (world !== null && fs.lstat(world.at('lod/c'))?.kind === 'directory') {
        renameSync(world.at('lod/c'), world.at('lod/away'));
        symlinkSync(world.at('outside'), world.at('lod/c'));
      }
      return fs.open(path, mode, permissions);
    },
  }));
  world = swapped;
  swapped.save('lod/c/a.json', 'inside');
  swapped.save('outside/a.json', 'secret');
  expect(look(swapped, 'lod/c/a.json', MAX)).toMatchObject({ kind: 'blocked', why: 'parent-symlink' });
});

const failing = (call: keyof FileSystem, code: string) => (): Partial<FileSystem> => ({
  [call]: () => {
    throw Object.assign(new Error(code), { code, syscall: call });
  },
});

test.each([
  ['open', 'EMFILE', 'unstable'],
  ['open', 'ENOMEM', 'unstable'],
  ['read', 'EINTR', 'unstable'],
  ['open', 'EACCES', 'blocked'],
  ['read', 'EIO', 'blocked'],
  ['open', 'ENAMETOOLONG', 'absent'],
] as const)('%s that fails with %s is %s, never absence by mistake', (call, code, kind) => {
  using world = openFilesWorld(failing(call, code));
  world.save('lod/c/a.json', 'x');
  expect(look(world, 'lod/c/a.json', MAX).kind).toBe(kind);
});

test('a file larger than was asked for is not held, and hashed only when asked', () => {
  using world = openFilesWorld();
  world.save('lod/c/a.json', 'x'.repeat(2000));
  expect(look(world, 'lod/c/a.json', MAX)).toMatchObject({ kind: 'large', digest: null });
  const hashed = look(world, 'lod/c/a.json', { ...MAX, hashLarge: true });
  expect(hashed).toMatchObject({ kind: 'large', digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('what is never opened says what it is', () => {
  using world = openFilesWorld();
  mkdirSync(world.at('lod/c/d.json'), { recursive: true });
  symlinkSync('nowhere', world.at('lod/c/s.json'));
  expect(look(world, 'lod/c/d.json', MAX)).toMatchObject({ kind: 'blocked', why: 'directory' });
  expect(look(world, 'lod/c/s.json', MAX)).toMatchObject({ kind: 'blocked', why: 'symlink' });
  expect(look(world, 'lod/c/none.json', MAX)).toEqual({ kind: 'absent' });
  expect(look(world, 'lod/none/x.json', MAX)).toEqual({ kind: 'absent' });
  expect(look({ ...world, rootDevice: -1n }, 'lod/c/d.json', MAX)).toMatchObject({ why: 'root-gone' });
  expect(statOnly(world, 'lod/c/s.json')).toBeUndefined();
});

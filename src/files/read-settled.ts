/**
 * Reading a file that somebody else may be writing: open, fstat, read, fstat, lstat. The bytes count only when all three
 * agree, so that a file is never taken for what it was half-way through a save.
 */
import { startDigest, type Digest } from '../core/digest.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';
import { codeOf, hasMoved, isShortage, messageOf } from './failures.ts';
import { absolutePath, blocked } from './parents.ts';
import type { Look, World } from './types.ts';

/** What lstat said before the file was opened. */
export interface Seen {
  readonly stat: FileStat;
  readonly key: StatKey;
  readonly racy: boolean;
}

const CHUNK_BYTES = 1024 * 1024;
const newBytes = (size: number): Uint8Array => new Uint8Array(size);

/** Short of descriptors or memory is not absence: the path is looked at again later. */
export function afterFailure(error: unknown, key: StatKey | null): Look | 'moved' {
  if (hasMoved(error)) return 'moved';
  if (isShortage(error)) return { kind: 'unstable' };
  return codeOf(error) === 'ENAMETOOLONG' ? { kind: 'absent' } : blocked('denied', messageOf(error), key);
}

export function readWhole(world: World, path: string, seen: Seen, allocate = newBytes): Look | 'moved' {
  return whileOpen(world, path, seen.key, (fd) => {
    if (!isSame(world.fs.fstat(fd), seen.stat)) return 'moved';
    const bytes = allocate(seen.stat.size);
    const length = readUpTo(world, fd, bytes);
    return length === bytes.length && isSettled(world, path, fd, seen.stat)
      ? { kind: 'file', ...seen, bytes }
      : 'moved';
  });
}

/** A file too large to be held is read once: whoever writes to it is likely to go on. */
export function hashWhole(world: World, path: string, seen: Seen): Look | 'moved' {
  return whileOpen(world, path, seen.key, (fd) => {
    if (!isSame(world.fs.fstat(fd), seen.stat)) return 'moved';
    const digest = digestOfOpen(world, fd);
    return isSettled(world, path, fd, seen.stat) ? { kind: 'large', ...seen, digest } : { kind: 'unstable' };
  });
}

function whileOpen(world: World, path: string, key: StatKey, use: (fd: number) => Look | 'moved'): Look | 'moved' {
  let fd: number;
  try {
    fd = world.fs.open(absolutePath(world, path), 'read');
  } catch (error) {
    return afterFailure(error, key);
  }
  try {
    return use(fd);
  } finally {
    world.fs.close(fd);
  }
}

/** As equality of stat identities, without spelling them out. */
export const isSame = (a: FileStat, b: FileStat): boolean =>
  a.ctimeNs === b.ctimeNs &&
  a.ino === b.ino &&
  a.size === b.size &&
  a.mtimeNs === b.mtimeNs &&
  a.birthtimeNs === b.birthtimeNs &&
  a.dev === b.dev;

/** The second fstat and the last lstat: the file did not change, and the name still means this file. */
export function isSettled(world: World, path: string, fd: number, stat: FileStat): boolean {
  if (!isSame(world.fs.fstat(fd), stat)) return false;
  const now = world.fs.lstat(absolutePath(world, path));
  return now !== undefined && isSame(now, stat);
}

export function readUpTo(world: World, fd: number, into: Uint8Array, from = 0): number {
  let length = 0;
  while (length < into.length) {
    const read = world.fs.read(fd, into, length, into.length - length, from + length);
    if (read === 0) break;
    length += read;
  }
  return length;
}

function digestOfOpen(world: World, fd: number): Digest {
  const running = startDigest();
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let position = 0; ;) {
    const read = world.fs.read(fd, chunk, 0, chunk.length, position);
    if (read === 0) return running.finish();
    running.update(chunk.subarray(0, read));
    position += read;
  }
}

/**
 * A look at a file that grew at its end: what was there before is known by a running digest, so only the appended bytes are
 * read, and the last 64 KiB before them, which must be those that were there. As every look: open, fstat, read, fstat, lstat.
 * An edit further back than that is for whoever reads the whole file to find.
 */
import type { Digest } from '../core/digest.ts';
import { digestOnwards, type DigestState } from '../core/growing-digest.ts';
import { isRacy, statKeyOf } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';
import { absolutePath, checkParents } from './parents.ts';
import { isSame, isSettled, readUpTo } from './read-settled.ts';
import type { Look, World } from './types.ts';

/** Which file, and how much of it. */
export interface Beginning {
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
  readonly size: number;
}

/** What has to be known of the beginning of a file to go on from there. */
export interface KnownBeginning extends Beginning {
  readonly digest: Digest;
  readonly state: DigestState;
  /** Its last bytes, 64 KiB at most. */
  readonly end: Uint8Array;
}

interface Growth {
  readonly look: Extract<Look, { kind: 'large' }> & { readonly digest: Digest };
  readonly now: KnownBeginning;
  /** Null when they are more than 1 MiB. */
  readonly appended: Uint8Array | null;
}

/** `other`: it is not that file any more, or does not begin as it did. `moving`: it changed during each of five reads. */
export type GrowthFound = Growth | 'other' | 'moving';

export const COMPARED_BYTES = 64 * 1024;
export const MOST_APPENDED_BYTES = 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const TRIES = 5;

const isLongEnough = (stat: FileStat | undefined, { ino, birthtimeNs, size }: Beginning): stat is FileStat =>
  stat?.kind === 'file' && stat.ino === ino && stat.birthtimeNs === birthtimeNs && stat.size >= size;

/** By its stat alone. */
export const hasGrown = (stat: FileStat | undefined, beginning: Beginning): stat is FileStat =>
  isLongEnough(stat, beginning) && stat.size > beginning.size;

/**
 * Reads the beginning of a file; whether it is the one that is recorded is told by its digest, however the file grows meanwhile.
 * Null when it is not there any more. Blocks as long as reading takes.
 */
export function readBeginning(world: World, path: string, beginning: Beginning): KnownBeginning | null {
  return whileOpen(world, path, (fd) => {
    if (!isLongEnough(world.fs.fstat(fd), beginning)) return null;
    let end: Uint8Array = new Uint8Array();
    const pieces = function* (): Generator<Uint8Array> {
      for (const piece of piecesOf(world, fd, 0, beginning.size)) {
        end = lastBytes(end, piece);
        yield piece;
      }
    };
    return { ...beginning, ...digestOnwards(null, pieces()), end };
  });
}

/** Never throws for what is on disk: a look says what is the matter. Blocks as long as reading the appended bytes takes. */
export function lookAtGrowth(world: World, path: string, before: KnownBeginning): GrowthFound {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = growthOnce(world, path, before);
    if (found !== 'moving') return found;
  }
  return 'moving';
}

function growthOnce(world: World, path: string, before: KnownBeginning): GrowthFound {
  // Read before the first stat: a change after this moment must leave a mark.
  const readAtNs = world.clock.nowNs();
  if (checkParents(world, path) !== 'sound') return 'other';
  const stat = world.fs.lstat(absolutePath(world, path));
  if (!hasGrown(stat, before) || stat.dev !== world.rootDevice) return 'other';
  const read = whileOpen(world, path, (fd) => {
    if (!isSame(world.fs.fstat(fd), stat)) return 'moving';
    const onwards = readOnwards(world, fd, before, stat.size);
    return onwards !== null && !isSettled(world, path, fd, stat) ? 'moving' : onwards;
  });
  if (read === 'moving') return 'moving';
  // A directory above may have become a symlink before the open, which would have followed it.
  if (read === null || checkParents(world, path) !== 'sound') return 'other';
  const seen = { stat, key: statKeyOf(stat), racy: isRacy(stat.ctimeNs, readAtNs) };
  return { look: { kind: 'large', ...seen, digest: read.now.digest }, ...read };
}

/** Null when the file does not go on from where it was. */
function readOnwards(
  world: World,
  fd: number,
  before: KnownBeginning,
  size: number,
): Pick<Growth, 'now' | 'appended'> | null {
  const { end: known, size: from } = before;
  const compared = new Uint8Array(known.length);
  readUpTo(world, fd, compared, from - known.length);
  if (Buffer.compare(compared, known) !== 0) return null;
  let end = known;
  const appended = size - from > MOST_APPENDED_BYTES ? null : new Uint8Array(size - from);
  let length = 0;
  const pieces = function* (): Generator<Uint8Array> {
    for (const piece of piecesOf(world, fd, from, size)) {
      end = lastBytes(end, piece);
      appended?.set(piece, length);
      length += piece.length;
      yield piece;
    }
  };
  const now = { ...before, size, ...digestOnwards(before.state, pieces()), end };
  // It was cut while it was read: the last stat says so as well.
  return length === size - from ? { now, appended } : null;
}

/** Each in the same buffer: a piece is done with before the next is asked for. */
function* piecesOf(world: World, fd: number, from: number, to: number): Generator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, to - from));
  for (let position = from; position < to;) {
    const read = world.fs.read(fd, chunk, 0, Math.min(chunk.length, to - position), position);
    if (read === 0) return;
    yield chunk.subarray(0, read);
    position += read;
  }
}

/** Copies: the piece lies in a buffer that is used again. */
function lastBytes(before: Uint8Array, piece: Uint8Array): Uint8Array {
  if (piece.length >= COMPARED_BYTES) return Uint8Array.from(piece.subarray(piece.length - COMPARED_BYTES));
  const kept = before.subarray(Math.max(0, before.length + piece.length - COMPARED_BYTES));
  return Uint8Array.from(Buffer.concat([kept, piece]));
}

/** Null for what cannot be opened: a look explains it. */
function whileOpen<T>(world: World, path: string, use: (fd: number) => T): T | null {
  let fd: number | null = null;
  try {
    fd = world.fs.open(absolutePath(world, path), 'read');
    return use(fd);
  } catch {
    return null;
  } finally {
    if (fd !== null) world.fs.close(fd);
  }
}

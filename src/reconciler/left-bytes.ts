/**
 * Files in `.larder/tmp`, read. A swap may have brought one out of any size, of gigabytes too: what no write of ours is as long as
 * is never held whole, but hashed piece by piece, with the event loop given back between.
 */
import { MOST_CHANGE_BYTES } from '../core/change-set.ts';
import { digestOf, startDigest, type Digest } from '../core/digest.ts';
import { paceOf } from '../host/pace.ts';
import { readFile } from '../host/read-file.ts';
import type { FileSystem } from '../host/ports.ts';
import type { World } from './world.ts';

export interface LeftBytes {
  readonly digest: Digest;
  readonly size: number;
  /** Null where it is too long to be held. */
  readonly bytes: Uint8Array | null;
}

const PIECE_BYTES = 1024 * 1024;

/** Throws what the disk says. */
export async function leftBytes({ fs, clock }: Pick<World, 'fs' | 'clock'>, file: string): Promise<LeftBytes> {
  const bytes = heldBytes(fs, file);
  if (bytes) return { digest: digestOf(bytes), size: bytes.length, bytes };
  const pace = paceOf(clock);
  const running = startDigest();
  let size = 0;
  for (const piece of piecesOf(fs, file)) {
    running.update(piece);
    size += piece.length;
    await pace();
  }
  return { digest: running.finish(), size, bytes: null };
}

/** For who cannot wait. */
export function leftDigest(fs: FileSystem, file: string): Digest {
  const running = startDigest();
  for (const piece of piecesOf(fs, file)) running.update(piece);
  return running.finish();
}

/** Null where it is too long to be held. */
export const heldBytes = (fs: FileSystem, file: string): Uint8Array | null =>
  (fs.lstat(file)?.size ?? 0) <= MOST_CHANGE_BYTES ? readFile(fs, file) : null;

function* piecesOf(fs: FileSystem, file: string): Generator<Uint8Array, void, undefined> {
  const fd = fs.open(file, 'read');
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    let offset = 0;
    for (let read = fs.read(fd, buffer, 0, buffer.length, 0); read > 0;) {
      yield buffer.subarray(0, read);
      offset += read;
      read = fs.read(fd, buffer, 0, buffer.length, offset);
    }
  } finally {
    fs.close(fd);
  }
}

/** Digests of pieces of one file: what verify asks of the versions in a segment of the log. */
import { digestOf } from '../core/digest.ts';
import type { FileSystem } from '../host/ports.ts';
import { withOpen } from '../host/durable-files.ts';

/** In the order of their offsets. */
export interface Pieces {
  /** Absolute. */
  readonly file: string;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** Pieces lie one behind the other: read by the mebibyte, and not by the piece. */
const WINDOW_BYTES = 1024 * 1024;
export const DIGEST_CHARACTERS = 64;

/** 64 characters a piece; of one that the file does not hold any more, of what is left. */
export function hashPieces(fs: FileSystem, { file, offsets, lengths }: Pieces): string {
  return withOpen(fs, file, (fd) => {
    let buffer = Buffer.alloc(WINDOW_BYTES);
    let [from, until] = [0, 0];
    const read = (offset: number, length: number): Uint8Array => {
      if (offset < from || offset + length > until) {
        if (buffer.length < length) buffer = Buffer.alloc(length);
        [from, until] = [offset, offset + fs.read(fd, buffer, 0, buffer.length, offset)];
      }
      return buffer.subarray(offset - from, Math.min(offset + length, until) - from);
    };
    return offsets.map((offset, index) => digestOf(read(offset, lengths[index] ?? 0))).join('');
  });
}

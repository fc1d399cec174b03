/** A view of a file that is read forward: one block at a time, so that frames cost memory reads rather than calls. */
import { readFully } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';

const BLOCK_BYTES = 128 * 1024;

/** Bytes from an offset, fewer at the end of the file; valid until the next call. */
export type SegmentWindow = (offset: number, length: number) => Uint8Array;

/** `limit`: bytes from there on may still change, so they are never kept. */
export function segmentWindow(fs: FileSystem, fd: number, limit: () => number): SegmentWindow {
  let start = 0;
  let block: Uint8Array = new Uint8Array();
  return (offset, length) => {
    if (offset < start || offset + length > start + block.length) {
      const ahead = Math.min(BLOCK_BYTES, limit() - offset);
      block = readFully(fs, fd, offset, Math.max(length, ahead));
      start = offset;
    }
    return block.subarray(offset - start, offset - start + length);
  };
}

/**
 * Memory for the bytes of one batch: pieces of a few large buffers, which travel between threads by being handed over. A
 * buffer for each file would cost more than the transfer saves.
 */
const SMALLEST_CHUNK_BYTES = 16 * 1024;
const LARGEST_CHUNK_BYTES = 1024 * 1024;
const USUAL_FILE_BYTES = 2 * 1024;

export interface Arena {
  readonly allocate: (size: number) => Uint8Array<ArrayBuffer>;
  /** All buffers that were given pieces of. */
  readonly buffers: readonly ArrayBuffer[];
  /** Bytes given out. */
  readonly usedBytes: () => number;
}

/** `files`: how many are expected. */
export function openArena(files: number): Arena {
  const chunkBytes = Math.min(Math.max(files * USUAL_FILE_BYTES, SMALLEST_CHUNK_BYTES), LARGEST_CHUNK_BYTES);
  const buffers: ArrayBuffer[] = [];
  let chunk = new ArrayBuffer(0);
  let at = 0;
  let used = 0;
  const take = (buffer: ArrayBuffer): ArrayBuffer => (buffers.push(buffer), buffer);
  const allocate = (size: number): Uint8Array<ArrayBuffer> => {
    used += size;
    if (size > chunkBytes / 4) return new Uint8Array(take(new ArrayBuffer(size)));
    if (at + size > chunk.byteLength) [chunk, at] = [take(new ArrayBuffer(chunkBytes)), 0];
    at += size;
    return new Uint8Array(chunk, at - size, size);
  };
  return { allocate, buffers, usedBytes: () => used };
}

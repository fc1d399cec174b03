/** A file of the tree, opened to be sent: what was hashed is what is read, however large it is. */
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import { absolute } from '../reconciler/places.ts';
import type { World } from '../reconciler/world.ts';

export interface FileSource {
  readonly size: number;
  readonly modifiedMs: number;
  readonly read: (start: number, end: number) => Uint8Array;
  readonly close: () => void;
}

/** Bytes that are held already, to be sent likewise. */
export const sourceOf = (bytes: Uint8Array): Omit<FileSource, 'modifiedMs'> => ({
  size: bytes.length,
  read: (start, end) => bytes.subarray(start, end),
  close: () => {},
});

/** Null when the file is not the one with this stat identity any more. Throws what the disk says. */
export function openWithKey(world: Pick<World, 'fs' | 'root'>, path: string, key: StatKey): FileSource | null {
  const fd = world.fs.open(absolute(world, path), 'read');
  const stat = world.fs.fstat(fd);
  if (statKeyOf(stat) !== key) {
    world.fs.close(fd);
    return null;
  }
  return {
    size: stat.size,
    modifiedMs: Number(stat.mtimeNs / 1_000_000n),
    read: (start, end) => readRange(world, fd, start, end),
    close: () => world.fs.close(fd),
  };
}

function readRange(world: Pick<World, 'fs'>, fd: number, start: number, end: number): Uint8Array {
  const bytes = Buffer.alloc(end - start);
  let length = 0;
  while (length < bytes.length) {
    const count = world.fs.read(fd, bytes, length, bytes.length - length, start + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

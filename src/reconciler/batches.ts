/**
 * Paths in batches that may be held in memory: what a look reads stays there until it is recorded, and a document may have
 * 16 MiB.
 */
import { absolute } from './places.ts';
import { LARGEST_DOCUMENT_BYTES } from './observe.ts';
import type { World } from './world.ts';

/** Paths settled together: one frame in the log, one batch for a worker. */
export const BATCH = 500;
/** Beyond these a batch ends, before the document that would be too much for it. */
const BATCH_BYTES = LARGEST_DOCUMENT_BYTES;

export interface Batch {
  readonly paths: readonly string[];
  readonly bytes: number;
}

export interface Sized {
  readonly path: string;
  /** What a walk saw; null: not known. */
  readonly size: number | null;
}

export function* batchesOf(
  world: Pick<World, 'fs' | 'root'>,
  found: Iterable<Sized>,
  mostPaths: number = BATCH,
): Generator<Batch> {
  let [paths, bytes]: [string[], number] = [[], 0];
  for (const { path, size } of found) {
    const held = heldBytes(size ?? sizeAt(world, path));
    if (paths.length >= mostPaths || (paths.length > 0 && bytes + held > BATCH_BYTES)) {
      yield { paths, bytes };
      [paths, bytes] = [[], 0];
    }
    paths.push(path);
    bytes += held;
  }
  if (paths.length > 0) yield { paths, bytes };
}

/** For paths that nobody walked to. */
export const unsized = (paths: readonly string[]): Sized[] => paths.map((path) => ({ path, size: null }));

/** Larger files are hashed in pieces. */
const heldBytes = (size: number): number => (size > LARGEST_DOCUMENT_BYTES ? 0 : size);

function sizeAt(world: Pick<World, 'fs' | 'root'>, path: string): number {
  try {
    return world.fs.lstat(absolute(world, path))?.size ?? 0;
  } catch {
    return 0;
  }
}

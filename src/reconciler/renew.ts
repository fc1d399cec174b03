/** After a sync that failed: the same bytes in another file, synced under a descriptor that has not failed yet. */
import { digestOf, type Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { look } from '../files/look.ts';
import { place } from '../files/swap.ts';
import { discardTemp, syncTemp, writeTemp } from '../files/temp.ts';
import type { Look } from '../files/types.ts';
import { attempt } from '../host/durable-files.ts';
import { bytesOf } from './bodies.ts';
import { absolute } from './places.ts';
import { settleHeld } from './settle.ts';
import type { World } from './world.ts';

/** Rejects when the disk refuses again, or somebody is changing the file: then it is not known to be on the disk yet. */
export function renew(world: World, path: string): Promise<void> {
  return world.queues.run(path, async () => {
    await settleHeld(world, [path]);
    const seen = look(world, path, { maxBytes: world.heldBytes });
    // Of what is never held no bytes are kept: nothing could be written anew, and no redo would miss the checkpoint.
    if (seen.kind === 'absent' || seen.kind === 'large') return;
    if (seen.kind !== 'file') throw new LarderError('pending', `${path} cannot be read just now`);
    await writeAnew(world, path, seen);
  });
}

async function writeAnew(world: World, path: string, seen: Extract<Look, { kind: 'file' }>): Promise<void> {
  const { bytes, digest, seq } = recordedVersion(world, path, seen);
  const temp = writeTemp(world, { path, bytes, digest, replaces: seen.stat });
  try {
    await syncTemp(world, temp);
    const placed = place(world, { target: absolute(world, path), temp, expected: seen.key, unproven: seen.racy });
    if (placed.kind === 'occupied') throw new LarderError('pending', `${path} was changed meanwhile`);
    if (placed.displaced) world.displaced.add(placed.displaced.file, path, seq, placed.displaced.known);
  } catch (error) {
    attempt(() => discardTemp(world, temp));
    throw error;
  }
}

interface Recorded {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly seq: number;
}

/**
 * From the log: what was read may come from a disk that lost it. A file that is another one by its stat as well is somebody's
 * edit, which is recorded first.
 */
function recordedVersion(world: World, path: string, seen: Extract<Look, { kind: 'file' }>): Recorded {
  const head = world.catalog.head(path);
  const [last] = world.catalog.history(path, { before: null, limit: 1 });
  const digest = head?.diskDigest ?? null;
  const isAsRecorded = digest !== null && digestOf(seen.bytes) === digest;
  if (digest === null || last?.digest !== digest || (!isAsRecorded && seen.key !== head?.stat))
    throw new LarderError('pending', `${path} is being changed`);
  const bytes = isAsRecorded || last.body.in === 'nowhere' ? seen.bytes : bytesOf(world, last.body, digest);
  return { bytes, digest, seq: last.seq };
}

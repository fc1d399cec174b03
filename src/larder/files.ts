/** Files below `files/`: served from an open descriptor, so that what was hashed is what is read. */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { pathOf, type DocumentRef } from '../core/refs.ts';
import type { StatKey } from '../core/stat-key.ts';
import { look } from '../files/look.ts';
import { findOutage } from '../files/outage.ts';
import type { Look } from '../files/types.ts';
import type { FileAnswer } from '../larder-types.ts';
import { keptBytesOf } from '../reconciler/bodies.ts';
import { outOfReach } from '../reconciler/out-of-reach.ts';
import type { World } from '../reconciler/world.ts';
import { refuseUnreadable, sayMissing } from './not-served.ts';
import { openWithKey, sourceOf } from './open-file.ts';

const ATTEMPTS = 5;

export async function openFile(world: World, ref: DocumentRef): Promise<FileAnswer> {
  const path = pathOf(ref);
  // A change set that is being put in place is seen whole.
  if (!world.queues.isFree(path)) await world.queues.run(path, () => {});
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const seen = look(world, path, { maxBytes: 0 });
    if (seen.kind === 'absent') return { kind: 'missing', hint: sayMissing(world, ref) };
    const outage = seen.kind === 'blocked' ? findOutage(world, path) : null;
    if (outage) throw outOfReach(outage, path);
    if (seen.kind === 'blocked') return nothingReadable(world, ref, seen);
    if (seen.kind === 'unstable') continue;
    const rotten = rottenFile(world, path);
    if (rotten) return rotten;
    const digest = await digestOfFile(world, path, seen);
    const answer = digest && openAs(world, path, seen.key, digest);
    if (answer) return answer;
  }
  throw new LarderError('pending', `${path} is being written`);
}

/** Throws what `refuseUnreadable` throws, `not_found` for what is never served, such as a symlink. */
function nothingReadable(world: World, ref: DocumentRef, seen: Extract<Look, { kind: 'blocked' }>): FileAnswer {
  const path = pathOf(ref);
  refuseUnreadable(path, seen);
  if (seen.why === 'directory') return { kind: 'missing', hint: sayMissing(world, ref) };
  throw new LarderError('not_found', `${path}: ${seen.detail}`);
}

/** The recorded bytes of a file that rotted, where they are kept; its problem otherwise. */
function rottenFile(world: World, path: string): FileAnswer | null {
  const head = world.catalog.head(path);
  if (!head?.problems.includes('rotten')) return null;
  const { servedDigest: etag, servedBody: body, servedSeq: seq, servedModifiedMs: modifiedMs } = head;
  const problem = world.catalog.problemsOf(path).find(({ code }) => code === 'rotten');
  if (etag === null || body === null || body.in === 'nowhere') return problem ? { kind: 'problem', problem } : null;
  const bytes = keptBytesOf(world, { body, digest: etag });
  if (bytes === null) return problem ? { kind: 'problem', problem } : null;
  return { kind: 'file', ...sourceOf(bytes), etag, seq, modifiedMs };
}

async function digestOfFile(
  world: World,
  path: string,
  seen: Extract<Look, { kind: 'file' | 'large' }>,
): Promise<Digest | null> {
  const head = world.catalog.head(path);
  if (head?.clean && head.stat === seen.key) return head.diskDigest;
  const hashed = await world.bulk.hash(path);
  return hashed.kind === 'large' && hashed.key === seen.key ? hashed.digest : null;
}

/** Null when the file was replaced since it was hashed. */
function openAs(world: World, path: string, key: StatKey, etag: Digest): FileAnswer | null {
  const opened = openWithKey(world, path, key);
  if (!opened) return null;
  const head = world.catalog.head(path);
  const seq = head?.servedDigest === etag ? head.servedSeq : null;
  return { kind: 'file', etag, seq, ...opened };
}

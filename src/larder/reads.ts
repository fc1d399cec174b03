/** Reads of documents and streams: as fresh as the disk, never a byte that the log does not know (DESIGN 3.4, 3.7). */
import type { Head } from '../catalog/types.ts';
import type { StoredEvent } from '../catalog/answers.ts';
import { LarderError } from '../core/errors.ts';
import { digestOf, type Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { Problem, ProblemCode, ProblemMark } from '../core/problems.ts';
import { problemIdOf } from '../core/problem-hints.ts';
import { pathOf, type DocumentRef } from '../core/refs.ts';
import type { At, CurrentAnswer, Opened, ReadAnswer, Served } from '../core/requests.ts';
import { statOnly } from '../files/look.ts';
import { bytesOf, bytesOfVersion, keptBytesOf } from '../reconciler/bodies.ts';
import { pendingProblem, problemIdOfPending } from '../reconciler/pending-problems.ts';
import { withDetails } from '../reconciler/problem-details.ts';
import { outOfReach, problemIdOfOutage } from '../reconciler/out-of-reach.ts';
import { rootIsThere } from '../reconciler/places.ts';
import { settle } from '../reconciler/settle.ts';
import type { Settled } from '../reconciler/settled.ts';
import type { World } from '../reconciler/world.ts';
import { refuseUnreadable, sayMissing } from './not-served.ts';
import { openWithKey } from './open-file.ts';
import { ReadCache } from './read-cache.ts';
import { seqAt } from './moments.ts';
import { eventOf } from './versions/find-version.ts';

const CACHE_BYTES = 32 * 1024 * 1024;

export class Reads {
  readonly #world: World;
  readonly #cache = new ReadCache(CACHE_BYTES);

  constructor(world: World) {
    this.#world = world;
  }

  /** The hot path: one stat, and the cached answer where the stat is the one it was made with. */
  async read(ref: DocumentRef): Promise<CurrentAnswer> {
    const path = pathOf(ref);
    const key = statOnly(this.#world, path);
    const cached = key === undefined ? undefined : this.#cache.get(path, key);
    return cached ?? openUnchanged(this.#world, path, key) ?? this.#readAnew(ref, path);
  }

  /** Marks are part of a cached answer: whoever changes them says so here. */
  forget(path: string): void {
    this.#cache.delete(path);
  }

  forgetAll(): void {
    this.#cache.clear();
  }

  async #readAnew(ref: DocumentRef, path: string): Promise<CurrentAnswer> {
    const settled = await settle(this.#world, [path], { whole: 'kept' });
    const one = settled.find(({ observation }) => observation.path === path);
    const head = this.#world.catalog.head(path);
    const fromDisk = servedUnrecorded(this.#world, path, head, one);
    if (fromDisk) return fromDisk;
    if (!head || head.servedDigest === null) return notServed(this.#world, ref, path, one);
    const opened = openLooked(this.#world, path, head, one);
    if (opened) return opened;
    const bytes = bytesIfServed(one, head.servedDigest) ?? recordedBytes(this.#world, head);
    const served = servedOf(head, bytes, markOf(this.#world, path, head, one));
    this.#keep(path, one, served);
    return served;
  }

  /** Only what will still be believed at the next stat: an unclean file is read again until it is clean. */
  #keep(path: string, one: Settled | undefined, served: Served): void {
    const look = one?.observation.examined.look;
    if (look?.kind !== 'file' || look.racy || this.#world.pendings.get(path)) return;
    this.#cache.set(path, { key: look.key, served });
  }
}

const isUnkept = ({ kind, servedDigest, servedBody }: Head): boolean =>
  kind === 'stream' && servedDigest !== null && servedBody?.in === 'nowhere';

/** A stream whose bytes are kept nowhere but in its file, as it was recorded: nothing of it is read before it is sent. */
function openUnchanged(world: World, path: string, key: StatKey | undefined): Opened | null {
  const head = key === undefined ? undefined : world.catalog.head(path);
  if (!head || !isUnkept(head) || !head.clean || head.stat !== key || head.diskDigest !== head.servedDigest)
    return null;
  if (world.pendings.get(path) || !world.queues.isFree(path)) return null;
  return openAs(world, path, head, head.stat, undefined);
}

/** The same after a look, which hashed it. Throws `pending` while somebody goes on writing. */
function openLooked(world: World, path: string, head: Head, one: Settled | undefined): Opened | null {
  const examined = one?.observation.examined;
  if (!isUnkept(head) || !examined) return null;
  const { look, digest } = examined;
  const opened =
    look.kind === 'large' && digest === head.servedDigest ? openAs(world, path, head, look.key, one) : null;
  if (!opened && (look.kind === 'large' || look.kind === 'unstable'))
    throw new LarderError('pending', `${path} is being written`, { headers: { 'Retry-After': '1' } });
  return opened;
}

function openAs(world: World, path: string, head: Head, key: StatKey, one: Settled | undefined): Opened | null {
  const source = openWithKey(world, path, key);
  if (!source) return null;
  const { servedDigest: etag, servedSeq: seq } = head;
  return { kind: 'open', etag: etag as Digest, seq, mark: markOf(world, path, head, one), ...source };
}

/** The log has no room for what was found: the disk's bytes, judged, with the seq of the last version that is recorded. */
function servedUnrecorded(
  world: World,
  path: string,
  head: Head | undefined,
  one: Settled | undefined,
): Served | Opened | undefined {
  const pending = world.pendings.get(path);
  const { look, digest } = one?.observation.examined ?? {};
  if (pending?.code !== 'unrecorded' || !look || !digest) return undefined;
  const common = {
    etag: digest,
    seq: head?.servedDigest ? head.servedSeq : world.recorder.announcedSeq,
    mark: { code: 'unrecorded', id: problemIdOf(path, 'unrecorded'), digest },
  } as const;
  if (look.kind === 'file') {
    const modifiedMs = Number(look.stat.mtimeNs / 1_000_000n);
    return { kind: 'served', bytes: look.bytes, modifiedMs, ...common };
  }
  // A long stream is never held whole.
  const source = look.kind === 'large' ? openWithKey(world, path, look.key) : null;
  return source ? { kind: 'open', ...common, ...source } : undefined;
}

function bytesIfServed(one: Settled | undefined, digest: Digest): Uint8Array | null {
  const examined = one?.observation.examined;
  return examined?.look.kind === 'file' && examined.digest === digest ? examined.look.bytes : null;
}

function recordedBytes(world: World, head: Head): Uint8Array {
  if (head.servedDigest === null || head.servedBody === null)
    throw new LarderError('gone', `${head.path} has no kept version`);
  const { servedBody: body, servedDigest: digest } = head;
  const kept = rootIsThere(world) ? keptBytesOf(world, { body, digest }) : null;
  return kept ?? textOfCatalog(world, head) ?? bytesOf(world, body, digest);
}

/** When the root went away, and the log with it, or the log is damaged there, what the catalog holds may be all of the file. */
function textOfCatalog(world: World, { path, servedDigest }: Head): Uint8Array | null {
  const bytes = Buffer.from(world.catalog.text(path) ?? '');
  return digestOf(bytes) === servedDigest ? bytes : null;
}

const servedOf = (head: Head, bytes: Uint8Array, mark: ProblemMark | null): Served => ({
  kind: 'served',
  bytes,
  etag: head.servedDigest as Digest,
  seq: head.servedSeq,
  modifiedMs: head.servedModifiedMs,
  mark,
});

function markOf(world: World, path: string, head: Head, one: Settled | undefined): ProblemMark | null {
  const outage = one?.observation.outage;
  if (outage) return { code: 'held', id: problemIdOfOutage(outage), digest: null };
  const pending = world.pendings.get(path);
  if (pending) return { code: pending.code, id: problemIdOfPending(path, pending), digest: pending.digest };
  // The log has a version that is not in place yet, or one that is to be taken back.
  if (world.backlog.unplaced(path) || world.recorder.isInDoubt(path))
    return { code: 'pending', id: problemIdOf(path, 'pending'), digest: null };
  const code = head.problems.find(isMarked);
  if (code === undefined) return null;
  return { code, id: problemIdOf(path, code), digest: one?.observation.examined.digest ?? head.diskDigest };
}

/** A warning is listed, but the document is served as it is. */
const isMarked = (code: ProblemCode): boolean => code !== 'warning';

/** Nothing is served there: a problem, a stream under another name, a folder, or nothing at all. */
function notServed(world: World, ref: DocumentRef, path: string, one: Settled | undefined): ReadAnswer {
  // Bytes that were rescued from a document which is gone now do not lie there.
  const problem =
    world.catalog.problemsOf(path).find(({ code }) => code !== 'rescued') ??
    pendingProblem(world, path) ??
    conflictOf(world, path);
  if (problem) return { kind: 'problem', problem: withDetails(world, problem) };
  const { outage, examined } = one?.observation ?? {};
  if (outage) throw outOfReach(outage, path);
  refuseUnreadable(path, examined?.look);
  return { kind: 'missing', hint: sayMissing(world, ref) };
}

/** A conflict copy is no document: its address answers with the conflict that it is a side of. */
function conflictOf(world: World, path: string): Problem | undefined {
  const open = world.conflicts.get(path);
  return open && world.catalog.problemsOf(open.stem).find(({ code }) => code === 'conflict');
}

/** The served head at a point in history. */
export function readAt(world: World, ref: DocumentRef, at: At): ReadAnswer {
  const event = world.catalog.servedAt(pathOf(ref), seqAt(world, at));
  if (!event || event.kind !== 'valid' || event.digest === null)
    return { kind: 'missing', hint: 'It was not there then.' };
  return servedVersion(world, event, event.digest);
}

/** The version with this very seq, whatever its kind. */
export function readVersion(world: World, ref: DocumentRef, seq: Seq): ReadAnswer {
  const event = eventOf(world, ref, seq);
  if (event === undefined || event.digest === null)
    return { kind: 'missing', hint: `seq ${seq} is no version of this document` };
  return servedVersion(world, event, event.digest);
}

const servedVersion = (world: World, event: StoredEvent, digest: Digest): Served => ({
  kind: 'served',
  bytes: bytesOfVersion(world, { ...event, digest }),
  etag: digest,
  seq: event.seq,
  modifiedMs: event.modifiedMs ?? event.atMs,
  mark: null,
});

/**
 * Streams that grow at their end (FORMAT, streams): an append costs what the appended bytes cost, however long the stream is.
 * What has to be known of their beginnings is kept in memory for those that are active. After a restart it is read once, in a
 * worker, and is believed when its digest is the recorded one.
 *
 *     grew, by its stat --known--> the end compared, the rest hashed --> as any look
 *                     \--unknown--> read in a worker --digest as recorded--> known
 *     anything else, and whatever does not go on as it was --> looked at like any other file
 */
import type { Head } from '../catalog/types.ts';
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import { classify } from '../core/refs.ts';
import { identityIn, sizeIn, statKeyOf } from '../core/stat-key.ts';
import { hasGrown, lookAtGrowth, type Beginning, type Growth, type KnownBeginning } from '../files/growth.ts';
import type { Examined } from '../files/types.ts';
import { absolute } from './places.ts';
import type { World } from './world.ts';

/** Each holds 2 KB and the last 64 KiB. */
const MOST_STREAMS = 64;
/** More appended bytes are hashed in a worker: some 3 ms of the event loop. */
const IN_THREAD_BYTES = 1024 * 1024;

export class GrowingStreams {
  /** Least recently used first. */
  readonly #byPath = new Map<string, KnownBeginning>();

  /** Only what is known of this very version. */
  get(path: string, { diskDigest, servedSize }: Head): KnownBeginning | undefined {
    const known = this.#byPath.get(path);
    return known?.digest === diskDigest && known.size === servedSize ? known : undefined;
  }

  set(path: string, known: KnownBeginning): void {
    this.#byPath.delete(path);
    this.#byPath.set(path, known);
    const [oldest] = this.#byPath.keys();
    if (this.#byPath.size > MOST_STREAMS && oldest !== undefined) this.#byPath.delete(oldest);
  }
}

/** Whether it is the recorded stream, in its file, and longer. Costs an lstat. */
export function isGrownStream(world: World, path: string): boolean {
  const head = classify(path).kind === 'stream' ? world.catalog.head(path) : undefined;
  const beginning = head ? beginningOf(head) : null;
  return beginning !== null && hasGrown(statOf(world, path), beginning);
}

/** Whether a scrub asks `beginsAsRecorded` about it. */
export function isRecordedStream(world: World, path: string): boolean {
  const head = classify(path).kind === 'stream' ? world.catalog.head(path) : undefined;
  return head !== undefined && beginningOf(head) !== null && world.pendings.get(path) === undefined;
}

/** Null for what is to be looked at like any other file. */
export async function examineGrowth(world: World, path: string, head: Head): Promise<Examined | null> {
  const beginning = beginningOf(head);
  // What is kept whole has to be read whole.
  if (!beginning || beginning.size <= MAX_DOCUMENT_BYTES) return null;
  const stat = statOf(world, path);
  if (!hasGrown(stat, beginning)) return null;
  const before = await knownBeginning(world, path, head, beginning);
  if (!before) return null;
  const isLong = stat.size - before.size > IN_THREAD_BYTES;
  const found = isLong ? await world.bulk.growth(path, before) : lookAtGrowth(world, path, before);
  if (found === 'other') return null;
  if (found === 'moving') return { path, look: { kind: 'unstable' }, digest: null, verdict: null, searchText: null };
  world.streams.set(path, found.now);
  return examinedAs(path, found);
}

/**
 * Reads all that is recorded of a stream, whatever was appended since: what a look at growth takes for granted. False where it
 * is something else.
 */
export async function beginsAsRecorded(world: World, path: string): Promise<boolean> {
  const head = world.catalog.head(path);
  const beginning = head ? beginningOf(head) : null;
  if (!head || !beginning) return true;
  const before = statOf(world, path);
  const read = await world.bulk.beginning(path, beginning);
  // What was recorded meanwhile is looked at in the next round.
  if (world.catalog.head(path)?.diskSeq !== head.diskSeq) return true;
  if (read?.digest !== head.diskDigest) return false;
  const isUnchanged = before && head.clean && statKeyOf(before) === head.stat;
  if (isUnchanged && head.grown) world.catalog.noteSeen([{ path, seen: { key: head.stat, clean: true } }]);
  return true;
}

async function knownBeginning(
  world: World,
  path: string,
  head: Head,
  beginning: Beginning,
): Promise<KnownBeginning | null> {
  const known = world.streams.get(path, head) ?? (await world.bulk.beginning(path, beginning));
  if (known?.digest !== head.diskDigest) return null;
  world.streams.set(path, known);
  return known;
}

const examinedAs = (path: string, { look }: Growth): Examined => ({
  path,
  look,
  digest: look.digest,
  verdict: { kind: 'valid', warnings: [] },
  searchText: null,
  grown: true,
});

/** Null where it is not known, whole and without a doubt, what the file held. */
function beginningOf(head: Head): Beginning | null {
  const { kind, stat, diskDigest, servedDigest, servedSize, problems } = head;
  if (kind !== 'stream' || stat === null || diskDigest === null || diskDigest !== servedDigest) return null;
  if (problems.length > 0 || sizeIn(stat) !== servedSize) return null;
  const { ino, birthtimeNs } = identityIn(stat);
  return { ino, birthtimeNs, size: servedSize };
}

/** Undefined also for what cannot be looked at: a look says why. */
function statOf(world: World, path: string): ReturnType<World['fs']['lstat']> {
  try {
    return world.fs.lstat(absolute(world, path));
  } catch {
    return undefined;
  }
}

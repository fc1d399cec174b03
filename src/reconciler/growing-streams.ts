/**
 * Streams that grow at their end (FORMAT, streams): an append costs what the appended bytes cost, however long the stream is, and
 * they alone are recorded. What has to be known of the beginnings of long ones is kept in memory while they are active; after a
 * restart it is read once, in a worker, and is believed when its digest is the recorded one.
 *
 *     short                             --> looked at like any other file, and compared with what is recorded
 *     long, by its stat grown --known   --> the end compared, the rest hashed
 *                            \--unknown --> read in a worker --digest as recorded--> known
 *     whatever does not go on as it was --> looked at like any other file
 */
import type { Head } from '../catalog/types.ts';
import { startDigest, type Digest } from '../core/digest.ts';
import { isShort, withLink, type Chain } from '../core/grown-bytes.ts';
import type { ProblemCode } from '../core/problems.ts';
import { classify } from '../core/refs.ts';
import { identityIn, sizeIn, statKeyOf } from '../core/stat-key.ts';
import { hasGrown, lookAtGrowth, MOST_APPENDED_BYTES, type Beginning, type KnownBeginning } from '../files/growth.ts';
import type { Examined } from '../files/types.ts';
import { absolute } from './places.ts';
import type { SettleOptions } from './settled.ts';
import type { World } from './world.ts';

/** Shorter ones are read whole: then every byte of them is proven. */
const SHORT_BYTES = 256 * 1024;

/** Whether it is the recorded stream, in its file, and longer. Costs an lstat. */
export function isGrownStream(world: World, path: string): boolean {
  const head = headOfStream(world, path);
  const beginning = head ? beginningOf(head) : null;
  return beginning !== null && hasGrown(statOf(world, path), beginning);
}

/** Whether it is the recorded stream still, as it was recorded, or longer. Costs an lstat. */
export function isStreamOrGrown(world: World, path: string): boolean {
  const head = headOfStream(world, path);
  const beginning = head ? beginningOf(head) : null;
  if (!head || !beginning) return false;
  const stat = statOf(world, path);
  return hasGrown(stat, beginning) || (stat !== undefined && statKeyOf(stat) === head.stat);
}

/** Whether a scrub asks `beginsAsRecorded` about it. */
export function isRecordedStream(world: World, path: string): boolean {
  const head = headOfStream(world, path);
  return head !== undefined && beginningOf(head) !== null && world.pendings.get(path) === undefined;
}

const headOfStream = (world: World, path: string): Head | undefined =>
  classify(path).kind === 'stream' ? world.catalog.head(path) : undefined;

/** Null for what is to be looked at like any other file. */
export async function examineGrowth(
  world: World,
  path: string,
  head: Head,
  whole: SettleOptions['whole'],
): Promise<Examined | null> {
  const beginning = beginningOf(head);
  const stat = statOf(world, path);
  if (!beginning || !hasGrown(stat, beginning) || stat.size <= Math.min(SHORT_BYTES, world.heldBytes)) return null;
  // Read whole, because somebody asked for that, or because it has to be kept whole.
  const isKept = stat.size <= world.heldBytes;
  if (isKept && (whole === 'kept' || !isKeptAsAppended(world, path, head, stat.size))) return null;
  const before = await knownBeginning(world, path, head, beginning);
  if (!before) return null;
  const isLong = stat.size - before.size > MOST_APPENDED_BYTES;
  const found = isLong ? await world.bulk.growth(path, before) : lookAtGrowth(world, path, before);
  if (found === 'other') return null;
  const nothing = { path, digest: null, verdict: null, searchText: null } as const;
  if (found === 'moving') return { ...nothing, look: { kind: 'unstable' } };
  const { look, now } = found;
  world.streams.set(path, now);
  const isLarge = now.size > world.heldBytes;
  const appended = isKeptAsAppended(world, path, head, now.size) ? found.appended : null;
  // It went on growing, and has to be kept whole now.
  if (!isLarge && appended === null) return null;
  const verdict = { kind: 'valid', warnings: [] } as const;
  return { ...nothing, look, digest: now.digest, verdict, growth: { appended, isProven: false } };
}

/** Finds out whether bytes that were read whole are the recorded stream, and more. */
export async function withGrowth(world: World, examined: Examined, head: Head): Promise<Examined> {
  const { look, path } = examined;
  const beginning = beginningOf(head);
  if (!beginning || look.kind !== 'file' || !hasGrown(look.stat, beginning)) return examined;
  if (!isKeptAsAppended(world, path, head, look.bytes.length)) return examined;
  if ((await digestInSteps(world, look.bytes.subarray(0, beginning.size))) !== head.diskDigest) return examined;
  return { ...examined, growth: { appended: look.bytes.subarray(beginning.size), isProven: true } };
}

const STEP_BYTES = 1024 * 1024;

async function digestInSteps(world: World, bytes: Uint8Array): Promise<Digest> {
  const running = startDigest();
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    if (at > 0) await world.clock.yieldTurn();
    running.update(bytes.subarray(at, at + STEP_BYTES));
  }
  return running.finish();
}

/** The history keeps the version before it, and reading this one through that one stays cheap. */
function isKeptAsAppended(world: World, path: string, head: Head, size: number): boolean {
  const bytes = size - head.servedSize;
  if (head.servedBody === null || head.servedBody.in === 'nowhere') return false;
  if (size > world.heldBytes || bytes > MOST_APPENDED_BYTES) return false;
  return isShort(withLink(chainOf(world, path, head), bytes));
}

/** What the served version of a stream is read through. */
function chainOf({ catalog, streams }: World, path: string, { servedSeq, servedSize, servedBody }: Head): Chain {
  if (servedBody?.in !== 'tail') return { wholeBytes: servedSize, weight: 0 };
  const known = streams.chain(path);
  if (known?.seq === servedSeq) return known;
  const base = catalog.version(servedBody.base);
  if (!base) return NO_ROOM;
  const before = known?.seq === servedBody.base ? known : walkedChain(catalog, servedBody.base);
  const chain = withLink(before, servedSize - base.size);
  streams.setChain(path, { ...chain, seq: servedSeq });
  return chain;
}

const NO_ROOM: Chain = { wholeBytes: 0, weight: Infinity };

function walkedChain(catalog: World['catalog'], seq: number): Chain {
  const links: number[] = [];
  let version = catalog.version(seq);
  while (version?.body.in === 'tail') {
    const base = catalog.version(version.body.base);
    if (base) links.push(version.size - base.size);
    version = base;
  }
  if (!version) return NO_ROOM;
  return links.reduce(withLink, { wholeBytes: version.size, weight: 0 });
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

/** Null where it is not known, whole and without a doubt, what the file held. */
function beginningOf(head: Head): Beginning | null {
  const { kind, stat, diskDigest, servedDigest, servedSize, problems } = head;
  if (kind !== 'stream' || stat === null || diskDigest === null || diskDigest !== servedDigest) return null;
  if (problems.some(isOfTheFile) || sizeIn(stat) !== servedSize) return null;
  const { ino, birthtimeNs } = identityIn(stat);
  return { ino, birthtimeNs, size: servedSize };
}

/** Not of bytes that lie elsewhere. */
const isOfTheFile = (code: ProblemCode): boolean => code !== 'rescued' && code !== 'conflict' && code !== 'warning';

/** Undefined also for what cannot be looked at: a look says why. */
function statOf(world: World, path: string): ReturnType<World['fs']['lstat']> {
  try {
    return world.fs.lstat(absolute(world, path));
  } catch {
    return undefined;
  }
}

/** Keeps bytes that were found where they would have been lost, as a version of their own. */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Fault, LoggedEntry } from '../core/events.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';
import { tempDigits } from '../files/temp.ts';
import { keptBytesOf } from './bodies.ts';
import { leftBytes, type LeftBytes } from './left-bytes.ts';
import { originOf } from './origin.ts';
import { refusalOfDisk } from './refusals.ts';
import { isKnown, recordRescued } from './rescued-version.ts';
import { isTornPiece } from './torn-pieces.ts';
import type { World } from './world.ts';

type RescueWorld = Pick<
  World,
  'fs' | 'catalog' | 'blobs' | 'bodyBytes' | 'heldBytes' | 'recorder' | 'clock' | 'random' | 'backlog'
>;

/**
 * Records the bytes of a file in `.larder/tmp` as a rescued version of a path, unless its history has them. Rejects while a version
 * with these bytes waits to be put in place: the file may be the only copy. Of what is too long for a document the digest is kept alone.
 */
export async function rescue(world: RescueWorld, file: string, path: string): Promise<void> {
  const { bytes, digest, size } = await leftBytes(world, file);
  if (world.backlog.awaits(digest)) throw new LarderError('busy', `${path} waits for what is in ${file}`);
  if (isKnown(world, path, digest)) return;
  const version = { path, code: 'rescued', digest, size, bytes, keptUpTo: world.heldBytes } as const;
  await recordRescued(world, { ...version, faults: [RESCUED_FAULT] }, originOf(world, 'hand'));
}

const RESCUED_FAULT: Fault = {
  code: 'rescued',
  detail: 'another program saved this version while a write replaced the file; it is kept in the history',
};

/**
 * Looks at what a crash left in `.larder/tmp`. A temp file bears the first 16 digits of the digest it was written with: if
 * its bytes still have that digest, or are a torn piece of what the log has, it is ours, and either never acknowledged or
 * redone from the log. Otherwise it is what a swap brought out, and the log says of which path. What may be the only copy of a
 * version is answered: redo puts it in place.
 */
export async function sweepTemps(world: World, directory: string): Promise<OnlyCopy[]> {
  const known = writesSince(world);
  const left: OnlyCopy[] = [];
  for (const { name, kind } of world.fs.readDirectory(directory)) {
    if (name === null || kind !== 'file') continue;
    const file = `${directory}/${name}`;
    const digits = tempDigits(name);
    const written = known.get(digits) ?? [];
    try {
      const only = await sweepOne(world, file, digits, written);
      if (only) left.push(only);
    } catch (error) {
      keepForLater(world, file, written, error);
    }
  }
  return left;
}

/** A file that no sweep touches before redo: its bytes may be kept nowhere else. */
export interface OnlyCopy {
  readonly file: string;
  readonly stat: FileStat;
  /** The paths that may wait for it. */
  readonly written: readonly WrittenPath[];
  /** Whose file it is, if it turns out that none does, and whether its bytes are a version. */
  readonly from: WrittenPath;
  readonly isKept: boolean;
}

/** After redo: what it did not place goes when nothing waits for it, like any file that was brought out of the tree. */
export function letGoOfCopies(world: World, left: readonly OnlyCopy[]): void {
  for (const { file, stat, written, from, isKept } of left) {
    const isAwaited = written.some(({ path }) => world.backlog.unplaced(path) !== undefined);
    try {
      if (isStill(world, file, stat)) awaitQuiet(world, file, from, isKept && !isAwaited);
    } catch (error) {
      keepForLater(world, file, written, error);
    }
  }
}

function isStill({ fs }: World, file: string, { ino, birthtimeNs }: FileStat): boolean {
  const now = fs.lstat(file);
  return now?.ino === ino && now.birthtimeNs === birthtimeNs;
}

/** A disk that refuses keeps nobody from reading: the file stays, and is looked at again. */
function keepForLater(world: World, file: string, written: readonly WrittenPath[], error: unknown): void {
  const refusal = refusalOfDisk(error);
  if (!refusal) throw error;
  world.log.warn({ err: error, file }, 'a file in .larder/tmp cannot be dealt with yet');
  const [first] = written;
  if (first) world.displaced.add(file, first.path, world.events.checkpoint + 1, null);
}

/** A path, and its versions since the checkpoint. */
interface WrittenPath {
  readonly path: string;
  readonly versions: LoggedEntry[];
}

/** By the first digits of the digests before and after each write since the checkpoint. Equal bytes have many paths. */
function writesSince(world: World): ReadonlyMap<string, readonly WrittenPath[]> {
  const byPath = new Map<string, WrittenPath>();
  const byDigits = new Map<string, WrittenPath[]>();
  for (const frame of world.events.read(world.events.checkpoint)) {
    if (frame.type !== 'events') continue;
    for (const entry of frame.entries) {
      const written = byPath.get(entry.path) ?? { path: entry.path, versions: [] };
      byPath.set(entry.path, written);
      written.versions.push(entry);
      for (const digest of [entry.before, entry.digest]) if (digest !== null) noteDigits(byDigits, digest, written);
    }
  }
  return byDigits;
}

function noteDigits(byDigits: Map<string, WrittenPath[]>, digest: Digest, written: WrittenPath): void {
  const digits = tempDigits(digest);
  const known = byDigits.get(digits);
  if (!known) byDigits.set(digits, [written]);
  else if (!known.includes(written)) known.push(written);
}

async function sweepOne(
  world: World,
  file: string,
  digits: string,
  written: readonly WrittenPath[],
): Promise<OnlyCopy | undefined> {
  const left = await leftBytes(world, file);
  const stat = world.fs.lstat(file);
  if (!stat) return undefined;
  const from = replacedBy(stat, written);
  const isAsNamed = tempDigits(left.digest) === digits;
  const isEmpty = left.size === 0 && !isAsNamed;
  const isUnfinished = isEmpty || from === undefined || isPiece(world, written, left);
  if (!isUnfinished && isAsNamed && isOnlyCopy(world, left, written))
    return { file, stat, written, from, isKept: isKept(world, left, written) };
  // An editor may still have it open: it goes once it was quiet for as long as any displaced file.
  if (!isUnfinished) awaitQuiet(world, file, from, isKept(world, left, written));
  else if (left.size > 0 && !from && !isAsNamed && mayHaveLostFrames(world))
    world.log.warn({ file }, 'a file in .larder/tmp belongs to no known write; it is left alone');
  else world.fs.unlink(file);
  return undefined;
}

/** Of a version since the checkpoint, which may still have to be put in place. */
function isOnlyCopy(world: World, { digest }: LeftBytes, written: readonly WrittenPath[]): boolean {
  return written.some(({ versions }) =>
    versions.some(({ body, digest: one }) => one === digest && keptBytesOf(world, { body, digest }) === null),
  );
}

/** The write that brought the file out: the one that names it, even if somebody saved into it since, or the only one. */
function replacedBy(stat: FileStat, written: readonly WrittenPath[]): WrittenPath | undefined {
  const isNamed = ({ versions }: WrittenPath): boolean =>
    versions.some(({ replaced }) => replaced?.ino === stat.ino && replaced?.birthtimeNs === stat.birthtimeNs);
  return written.find(isNamed) ?? written.at(-1);
}

/**
 * A swap comes after its frame, which a checkpoint does not pass before what came out is dealt with: a name that no frame
 * knows was never swapped, and is a temp file that was not finished. Unless frames may be missing, or a program had the file open for
 * more than a minute (displaced.ts): what it wrote while nobody watched is not covered (docs/reliability.md).
 */
const mayHaveLostFrames = ({ events, durability }: World): boolean => events.origin === 'copied' || durability === 'os';

function awaitQuiet(world: World, file: string, { path }: WrittenPath, isKept: boolean): void {
  const stat = isKept ? world.fs.lstat(file) : undefined;
  world.displaced.add(file, path, world.events.checkpoint + 1, stat ? statKeyOf(stat) : null);
}

const isPiece = (world: World, written: readonly WrittenPath[], { bytes }: LeftBytes): boolean =>
  bytes !== null && written.some(({ versions }) => isTornPiece(world, versions, bytes));

/** A file that is as it is named may be one that a deletion took away before anybody had recorded it. */
const isKept = (world: World, { digest }: LeftBytes, written: readonly WrittenPath[]): boolean =>
  written.some(({ path }) => isKnown(world, path, digest));

/** Keeps bytes that were found where they would have been lost, as a version of their own. */
import { digestOf, type Digest } from '../core/digest.ts';
import type { LoggedEntry } from '../core/events.ts';
import { readFile } from '../host/read-file.ts';
import { bodyOf } from './drafts.ts';
import { LARGEST_DOCUMENT_BYTES } from './observe.ts';
import { originOf } from './origin.ts';
import { refusalOfDisk } from './refusals.ts';
import { isTornPiece } from './torn-pieces.ts';
import type { World } from './world.ts';

type RescueWorld = Pick<World, 'fs' | 'catalog' | 'blobs' | 'recorder' | 'clock' | 'random'>;

const VERSIONS_COMPARED = 1000;
/** Of the digest, in the name of a temp file. */
const DIGITS = 16;

/** Records the bytes of a file in `.larder/tmp` as a rescued version of a path, unless its history has them. */
export async function rescue(world: RescueWorld, file: string, path: string): Promise<void> {
  const bytes = readFile(world.fs, file);
  const digest = digestOf(bytes);
  if (isKnown(world, path, digest)) return;
  const body = bodyOf(bytes, LARGEST_DOCUMENT_BYTES);
  if (body.inBlob) await world.blobs.put(digest, bytes);
  const faults = [
    {
      code: 'rescued',
      detail: 'another program saved this version while a write replaced the file; it is kept in the history',
    },
  ];
  const entry = {
    op: 'problem',
    path,
    kind: 'rescued',
    code: 'rescued',
    digest,
    size: bytes.length,
    before: null,
    faults,
    ...body,
  } as const;
  const frame = { type: 'events', kind: 'verdict', origin: originOf(world, 'hand'), entries: [entry] } as const;
  await world.recorder.record(frame, { content: () => ({ text: '', searchText: '' }) });
}

const isKnown = (world: RescueWorld, path: string, digest: Digest): boolean =>
  world.catalog.history(path, { before: null, limit: VERSIONS_COMPARED }).some((event) => event.digest === digest);

/**
 * Looks at what a crash left in `.larder/tmp`. A temp file bears the first 16 digits of the digest it was written with: if
 * its bytes still have that digest, or are a torn piece of what the log has, it is ours, and either never acknowledged or
 * redone from the log. Otherwise it is what a swap brought out, and the log says of which path.
 */
export async function sweepTemps(world: World, directory: string): Promise<void> {
  const known = writesSince(world);
  for (const { name, kind } of world.fs.readDirectory(directory)) {
    if (name === null || kind !== 'file') continue;
    const digits = name.slice(0, DIGITS);
    try {
      await sweepOne(world, `${directory}/${name}`, digits, known.get(digits));
    } catch (error) {
      keepForLater(world, `${directory}/${name}`, known.get(digits)?.path, error);
    }
  }
}

/** A disk that refuses keeps nobody from reading: the file stays, and is looked at again. */
function keepForLater(world: World, file: string, path: string | undefined, error: unknown): void {
  const refusal = refusalOfDisk(error);
  if (!refusal) throw error;
  world.log.warn({ err: error, file }, 'a file in .larder/tmp cannot be dealt with yet');
  if (path !== undefined) world.displaced.add(file, path, world.events.checkpoint + 1, false);
}

/** A path, and its versions since the checkpoint. */
interface WrittenPath {
  readonly path: string;
  readonly versions: LoggedEntry[];
}

/** By the first digits of the digests before and after each write since the checkpoint. */
function writesSince(world: World): ReadonlyMap<string, WrittenPath> {
  const byPath = new Map<string, WrittenPath>();
  const byDigits = new Map<string, WrittenPath>();
  for (const frame of world.events.read(world.events.checkpoint)) {
    if (frame.type !== 'events') continue;
    for (const entry of frame.entries) {
      const written = byPath.get(entry.path) ?? { path: entry.path, versions: [] };
      byPath.set(entry.path, written);
      written.versions.push(entry);
      for (const digest of [entry.before, entry.digest])
        if (digest !== null) byDigits.set(digest.slice(0, DIGITS), written);
    }
  }
  return byDigits;
}

async function sweepOne(world: World, file: string, digits: string, written: WrittenPath | undefined): Promise<void> {
  const bytes = readFile(world.fs, file);
  if (!isOurs(world, bytes, digits, written)) {
    if (!written) return world.log.warn({ file }, 'a file in .larder/tmp belongs to no known write; it is left alone');
    await rescue(world, file, written.path);
  }
  world.fs.unlink(file);
}

const isOurs = (world: World, bytes: Uint8Array, digits: string, written: WrittenPath | undefined): boolean =>
  bytes.length === 0 ||
  digestOf(bytes).startsWith(digits) ||
  (written !== undefined && isTornPiece(world, written.versions, bytes));

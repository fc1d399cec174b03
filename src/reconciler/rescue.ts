/** Keeps bytes that were found where they would have been lost, as a version of their own. */
import { digestOf, type Digest } from '../core/digest.ts';
import { readFile } from '../host/read-file.ts';
import { bodyOf } from './drafts.ts';
import { LARGEST_DOCUMENT_BYTES } from './observe.ts';
import { originOf } from './origin.ts';
import { refusalOfDisk } from './refusals.ts';
import type { World } from './world.ts';

type RescueWorld = Pick<World, 'fs' | 'catalog' | 'blobs' | 'recorder' | 'clock' | 'random'>;

const VERSIONS_COMPARED = 1000;

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
 * its bytes still have that digest it is ours, and either never acknowledged or redone from the log. Otherwise it is what a
 * swap brought out, and the log says of which path.
 */
export async function sweepTemps(world: World, directory: string): Promise<void> {
  const pathByDigits = new Map<string, string>();
  for (const frame of world.events.read(world.events.checkpoint)) {
    if (frame.type !== 'events') continue;
    for (const { path, digest, before } of frame.entries) {
      for (const known of [before, digest]) if (known !== null) pathByDigits.set(known.slice(0, 16), path);
    }
  }
  for (const { name, kind } of world.fs.readDirectory(directory)) {
    if (name === null || kind !== 'file') continue;
    try {
      await sweepOne(world, `${directory}/${name}`, name.slice(0, 16), pathByDigits);
    } catch (error) {
      keepForLater(world, `${directory}/${name}`, pathByDigits.get(name.slice(0, 16)), error);
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

async function sweepOne(
  world: World,
  file: string,
  digits: string,
  pathByDigits: ReadonlyMap<string, string>,
): Promise<void> {
  const path = pathByDigits.get(digits);
  const isOurs = digestOf(readFile(world.fs, file)).startsWith(digits);
  if (!isOurs && path === undefined)
    return world.log.warn({ file }, 'a file in .larder/tmp belongs to no known write; it is left alone');
  if (!isOurs && path !== undefined) await rescue(world, file, path);
  world.fs.unlink(file);
}

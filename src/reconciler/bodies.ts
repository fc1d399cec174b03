import type { StoredEvent } from '../catalog/answers.ts';
import type { BodyPlace } from '../core/events.ts';
import { digestOf, type Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { keptBytesIn, type KeptVersion } from '../core/grown-bytes.ts';
import { readFile } from '../host/read-file.ts';
import { absolute } from './places.ts';
import type { World } from './world.ts';

type Bodies = Pick<World, 'events' | 'blobs' | 'catalog'>;

/** The bytes of a recorded version; null when they are not kept, or are damaged. */
export function keptBytesOf(bodies: Bodies, version: KeptVersion): Uint8Array | null {
  const bytes = orRefusal(() => storedBytes(bodies, version));
  return bytes instanceof LarderError ? null : bytes;
}

function storedBytes({ events, blobs, catalog }: Bodies, version: KeptVersion): Uint8Array | null {
  const source = {
    version: catalog.version.bind(catalog),
    stored: events.readBody.bind(events),
    blob: blobs.get.bind(blobs),
  };
  return keptBytesIn(source, version);
}

/** What says that one version has no bytes to give; anything else is thrown on. */
function orRefusal<T>(read: () => T): T | LarderError {
  try {
    return read();
  } catch (error) {
    if (error instanceof LarderError && (error.code === 'gone' || error.code === 'version_damaged')) return error;
    throw error;
  }
}

/** The same. Throws `gone` when they are not kept, `version_damaged` when they are not what was stored. */
export function bytesOf(bodies: Bodies, body: BodyPlace, digest: Digest): Uint8Array {
  const bytes = storedBytes(bodies, { body, digest });
  if (bytes === null) throw new LarderError('gone', `the bytes of version ${digest} are not kept`);
  return bytes;
}

type Version = Pick<StoredEvent, 'seq' | 'path' | 'atMs' | 'body'> & { readonly digest: Digest };

/** The same of an event that people asked for: what is missing is named as they know it. */
export function bytesOfVersion(world: Bodies, version: Version): Uint8Array {
  const bytes = bytesOrRefusal(world, version);
  if (bytes instanceof LarderError) throw bytes;
  return bytes;
}

/** The same for who goes on without them. */
export function bytesOrRefusal(world: Bodies, { body, digest, seq, path, atMs }: Version): Uint8Array | LarderError {
  const bytes = orRefusal(() => bytesOf(world, body, digest));
  if (!(bytes instanceof LarderError)) return bytes;
  const { code, message, members } = bytes;
  const name = `version ${seq} of ${path}, recorded ${new Date(atMs).toISOString()}`;
  const detail = code === 'gone' ? `the bytes of ${name}, are not kept` : `${name}, cannot be read: ${message}`;
  return new LarderError(code, detail, { members: { ...members, seq, path, digest }, cause: bytes });
}

/** The same for what is derived: where they can be had nowhere else, a file at that path may still hold these very bytes. */
export function bytesAnywhere(
  world: Bodies & Pick<World, 'fs' | 'root' | 'heldBytes'>,
  path: string,
  version: KeptVersion,
): Uint8Array | null {
  // Of what was pruned a later version has a file.
  if (version.body.in === 'nowhere') return null;
  return keptBytesOf(world, version) ?? bytesOnDisk(world, path, version.digest);
}

function bytesOnDisk(world: Pick<World, 'fs' | 'root' | 'heldBytes'>, path: string, digest: Digest): Uint8Array | null {
  const file = absolute(world, path);
  try {
    const stat = world.fs.lstat(file);
    if (stat?.kind !== 'file' || stat.size > world.heldBytes) return null;
    const bytes = readFile(world.fs, file);
    return digestOf(bytes) === digest ? bytes : null;
  } catch {
    // Nobody may read it, or it went away meanwhile.
    return null;
  }
}

import type { StoredEvent } from '../catalog/answers.ts';
import type { BodyPlace } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { keptBytesIn, type KeptVersion } from '../core/grown-bytes.ts';
import type { World } from './world.ts';

type Bodies = Pick<World, 'events' | 'blobs' | 'catalog'>;

/** The bytes of a recorded version; null when they are not kept. */
export function keptBytesOf({ events, blobs, catalog }: Bodies, version: KeptVersion): Uint8Array | null {
  const source = {
    version: catalog.version.bind(catalog),
    stored: events.readBody.bind(events),
    blob: blobs.get.bind(blobs),
  };
  return keptBytesIn(source, version);
}

/** The same. Throws `gone` when they are not kept. */
export function bytesOf(bodies: Bodies, body: BodyPlace, digest: Digest): Uint8Array {
  const bytes = keptBytesOf(bodies, { body, digest });
  if (bytes === null) throw new LarderError('gone', `the bytes of version ${digest} are not kept`);
  return bytes;
}

type Version = Pick<StoredEvent, 'seq' | 'path' | 'atMs' | 'body'> & { readonly digest: Digest };

/** The same of an event that people asked for: what is missing is named as they know it. */
export function bytesOfVersion(world: Bodies, { body, digest, ...named }: Version): Uint8Array {
  try {
    return bytesOf(world, body, digest);
  } catch (error) {
    if (!(error instanceof LarderError) || error.code !== 'gone') throw error;
    const { seq, path, atMs } = named;
    const detail = `the bytes of version ${seq} of ${path}, recorded ${new Date(atMs).toISOString()}, are not kept`;
    throw new LarderError('gone', detail, { members: { seq, path, digest }, cause: error });
  }
}

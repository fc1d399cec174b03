import type { BodyPlace } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { World } from './world.ts';

/** The bytes of a recorded version. Throws `gone` when they are not kept. */
export function bytesOf(world: Pick<World, 'events' | 'blobs'>, body: BodyPlace, digest: Digest): Uint8Array {
  if (body.in === 'log') return world.events.readBody(body, digest);
  const bytes = body.in === 'blob' ? world.blobs.get(digest) : null;
  if (bytes === null) throw new LarderError('gone', `the bytes of version ${digest} are not kept`);
  return bytes;
}

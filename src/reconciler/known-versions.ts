/** Versions that a client may name by their digest. */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, Seq } from '../core/events.ts';
import { keptBytesOf } from './bodies.ts';
import type { World } from './world.ts';

interface KnownVersion {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
}

const digestShape = /^[0-9a-f]{64}$/;

/** The newest version of a document with one of these tags, under any of its names; null when its history has none with bytes. */
export function versionNamed(world: World, path: string, tags: readonly string[]): KnownVersion | null {
  for (const tag of tags) {
    const event = digestShape.test(tag) ? world.catalog.versionWith(path, tag as Digest) : undefined;
    const bytes = event && keptBytes(world, event.body, tag as Digest);
    if (event && bytes) return { seq: event.seq, bytes };
  }
  return null;
}

/** Null when they are not kept any more, or are damaged. */
export const keptBytes = (world: World, body: BodyPlace, digest: Digest): Uint8Array | null =>
  keptBytesOf(world, { body, digest });

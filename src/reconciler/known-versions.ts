/** Versions that a client may name by their digest. */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { BodyPlace, Seq } from '../core/events.ts';
import { bytesOrRefusal, keptBytesOf } from './bodies.ts';
import type { World } from './world.ts';

interface KnownVersion {
  readonly seq: Seq;
  /** The refusal (`gone`, `version_damaged`) where they are not kept any more, or are damaged. Null: more than was wanted, not read. */
  readonly bytes: Uint8Array | LarderError | null;
}

const digestShape = /^[0-9a-f]{64}$/;

/**
 * The newest version of a document with one of these tags, under any of its names, rather one that has its bytes; null when its history
 * has none.
 */
export function versionNamed(
  world: World,
  path: string,
  tags: readonly string[],
  mostBytes: number = Infinity,
): KnownVersion | null {
  let gone: KnownVersion | null = null;
  for (const tag of tags) {
    const event = digestShape.test(tag) ? world.catalog.versionWith(path, tag as Digest) : undefined;
    if (!event) continue;
    // Of what is not kept the refusal costs nothing.
    const isRead = event.size <= mostBytes || event.body.in === 'nowhere';
    const bytes = isRead ? bytesOrRefusal(world, { ...event, digest: tag as Digest }) : null;
    const known = { seq: event.seq, bytes };
    if (!(known.bytes instanceof LarderError)) return known;
    gone ??= known;
  }
  return gone;
}

/** Null when they are not kept any more, or are damaged. */
export const keptBytes = (world: World, body: BodyPlace, digest: Digest): Uint8Array | null =>
  keptBytesOf(world, { body, digest });

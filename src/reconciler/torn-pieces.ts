import type { BodyPlace, Seq } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { isTornPieceOf } from '../core/redo.ts';
import { keptBytesOf } from './bodies.ts';
import { bytesInTemp } from './left-temps.ts';
import type { World } from './world.ts';

interface Version {
  readonly seq: Seq;
  readonly digest: Digest | null;
  readonly size: number;
  readonly body: BodyPlace;
}

/**
 * Whether these bytes are what a power cut may have left of one of the versions, the newest last: nothing that anybody saved.
 * Of a stream that grew the last version is read alone, because those that it grew from are its beginnings.
 */
export function isTornPiece(world: World, versions: readonly Version[], bytes: Uint8Array): boolean {
  const grownFrom = new Set(versions.map(({ body }) => (body.in === 'tail' ? body.base : null)));
  return versions.toReversed().some(({ seq, digest, size, body }) => {
    if (digest === null || size < bytes.length || grownFrom.has(seq)) return false;
    const version = keptBytesOf(world, { digest, body }) ?? bytesInTemp(world, digest);
    return version !== null && isTornPieceOf(bytes, version);
  });
}

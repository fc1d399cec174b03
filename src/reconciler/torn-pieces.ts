import type { LoggedEntry } from '../core/events.ts';
import { isTornPieceOf } from '../core/redo.ts';
import { bytesOf } from './bodies.ts';
import type { World } from './world.ts';

/** Whether these bytes are what a power cut may have left of one of the versions: nothing that anybody saved. */
export const isTornPiece = (
  world: World,
  versions: readonly Pick<LoggedEntry, 'digest' | 'body'>[],
  bytes: Uint8Array,
): boolean =>
  versions.some(
    ({ body, digest }) =>
      digest !== null && body.in !== 'nowhere' && isTornPieceOf(bytes, bytesOf(world, body, digest)),
  );

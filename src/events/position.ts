/** Places in a log, and what is known of its end. */
import type { Seq } from '../core/events.ts';
import type { Damage, Evidence } from './resync.ts';

/** A place between two frames, with all that the next frame builds on. */
export interface Position {
  readonly offset: number;
  readonly chain: Uint8Array;
  /** Number of the frame before, counted over the whole log. */
  readonly frames: number;
  readonly lastSeq: Seq;
  readonly checkpoint: Seq;
}

export interface LogTail {
  readonly end: Position;
  /** The last frame is a clean stop and nothing follows it. */
  readonly isClean: boolean;
  readonly fileBytes: number;
  /** From here on nothing proves that what was read is on the disk, and not in memory alone. */
  readonly unprovenFrom: number;
  readonly damage: (Damage & Evidence) | null;
  /** What a walk learned on its way; null where there was none. */
  readonly learned: Learned | null;
}

/** Of the last segment. */
export interface Learned {
  /** Places from which a read may start. */
  readonly marks: readonly Position[];
  /** Seqs that frames of this segment take back. */
  readonly aborted: readonly Seq[];
}

/** A read that starts at a mark goes at most this far before what it wants. */
export const MARK_EVERY_BYTES = 64 * 1024;

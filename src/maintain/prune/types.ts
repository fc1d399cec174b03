/** What prune and forget work on, and what they say. */
import type { BlobStore } from '../../blobs/types.ts';
import type { Catalog } from '../../catalog/types.ts';
import type { Digest } from '../../core/digest.ts';
import type { Seq } from '../../core/events.ts';
import type { Keep } from '../../core/retention.ts';
import type { DamagedBody, EventLog } from '../../events/types.ts';
import type { Clock, FileSystem } from '../../host/ports.ts';
import type { ClockTrust } from './clock-trust.ts';

export interface History {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly catalog: Catalog;
  readonly blobs: BlobStore;
  /** Absolute: where files wait that a swap brought out. */
  readonly tmp: string;
  readonly clockTrust: ClockTrust;
  /** Throws `stopping` once the root is being closed: asked before each segment. */
  readonly refuseStopping: () => void;
  /** Redo needs nothing up to here: what changed files up to this seq is on the disk in place. */
  readonly settledSeq: () => Seq;
  /** A frame that names these bytes is on its way into log and catalog. */
  readonly isBeingNamed: (digest: Digest) => boolean;
  /** What a collection (`ns/collection`) keeps. */
  readonly keepOf: (collection: string) => Keep;
}

export interface PruneReport {
  /** Versions that lose their bytes. */
  readonly versions: number;
  /** Paths that they belong to. */
  readonly paths: number;
  /** Segments of the log that are written anew. */
  readonly segments: number;
  /** Versions that would go, but lie in the segment that still grows, or that redo may need: a later prune takes them. */
  readonly waiting: number;
  /** Bytes of the log that are, or would be, free. */
  readonly freed_bytes: number;
  /** Blobs that no version names any more. */
  readonly blobs: number;
  /**
   * Versions that keep their bytes, in a segment that was written anew, and whose bytes the disk has damaged: they stay as they are.
   * A dry run reads none.
   */
  readonly damaged: readonly DamagedBody[];
  /** Nothing was changed. */
  readonly dry_run: boolean;
}

export interface ForgetReport {
  /** Seqs of the versions whose bytes are, or would be, gone; newest first. */
  readonly forgotten: readonly Seq[];
  readonly digests: readonly Digest[];
  /** Bytes of the log that are, or would be, free; those of blobs come on top. */
  readonly freed_bytes: number;
  /** Versions of other paths that have the same bytes, and still keep them. */
  readonly elsewhere: readonly { readonly path: string; readonly seq: Seq }[];
  /**
   * Files (below the root) in `.larder/tmp` that hold the bytes still: because a program has them `open` for writing, or because a
   * write may be about to place them. They go by themselves, once they are closed or that write is done.
   */
  readonly left: readonly { readonly file: string; readonly open: boolean }[];
  /** Nothing was changed. */
  readonly dry_run: boolean;
}

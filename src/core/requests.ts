/**
 * What faces (HTTP, CLI, later MCP) ask of an open Larder, and what it answers. The words of API.md, without transport.
 */
import type { Digest } from './digest.ts';
import type { Cause, Fault, Op, Seq, VersionKind } from './events.ts';
import type { Problem, ProblemMark } from './problems.ts';
import type { DocumentRef } from './refs.ts';

/** Whether what is answered as written lies on the disk, or in the kernel's hands. */
export type Durability = 'sync' | 'os';

/** Who asks. */
export interface Who {
  readonly actor: string;
  readonly cause: Cause;
  readonly session?: string;
}

/** A point in history: a seq, or a moment (ms since the epoch). */
export type At = { readonly seq: Seq } | { readonly timeMs: number };

/** A document, stream or file as it is served. */
export interface Served {
  readonly kind: 'served';
  readonly bytes: Uint8Array;
  readonly etag: Digest;
  readonly seq: Seq;
  readonly modifiedMs: number;
  /** Set when the bytes on disk are not (yet) these. */
  readonly mark: ProblemMark | null;
}

/** Nothing is served there. `problem`: a file is, but it was never valid. */
export type ReadAnswer =
  | Served
  | { readonly kind: 'missing'; readonly hint: string | null }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** A stream beyond what the history keeps: it is read from its file as it is sent, and never held whole. */
export interface Opened extends Omit<Served, 'kind' | 'bytes'> {
  readonly kind: 'open';
  readonly size: number;
  readonly read: (start: number, end: number) => Uint8Array;
  /** Must be called once. */
  readonly close: () => void;
}

/** What lies there now; `Opened` for streams alone. */
export type CurrentAnswer = ReadAnswer | Opened;

export interface ListOptions {
  readonly limit: number;
  readonly prefix: string | null;
  /** Opaque, from an earlier page. */
  readonly cursor: string | null;
}

export interface ListItem {
  readonly id: string;
  /** JSON text of the document as on disk (no byte order mark): numbers keep their spelling. Of a file size and digest. */
  readonly text: string;
  readonly etag: Digest;
  readonly seq: Seq;
  readonly path: string;
  readonly modifiedMs: number;
  readonly actor: string;
  readonly problem: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface DeletedItem {
  readonly id: string;
  readonly seq: Seq;
  readonly atMs: number;
  readonly actor: string;
}

export interface Summary {
  readonly name: string;
  readonly count: number;
  /** Whether a schema is in force. For a namespace: whether any of its collections has one. */
  readonly schema: boolean;
  readonly problems: number;
}

/** Preconditions by entity tag. `*`: anything that is there. */
export interface Preconditions {
  readonly ifMatch?: '*' | readonly string[];
  readonly ifNoneMatch?: '*' | readonly string[];
}

export type Change =
  /** The whole document as the client wrote it (JSON text bytes). `mustBeNew` is POST. */
  | { readonly op: 'put'; readonly body: Uint8Array; readonly mustBeNew?: boolean }
  /** These very bytes, layout included: a version that is put back. */
  | { readonly op: 'exact'; readonly body: Uint8Array }
  /** RFC 7396. */
  | { readonly op: 'merge-patch'; readonly body: Uint8Array }
  /** RFC 6902. */
  | { readonly op: 'json-patch'; readonly body: Uint8Array }
  | { readonly op: 'delete' };

export interface WriteRequest {
  readonly ref: DocumentRef;
  readonly change: Change;
  readonly preconditions?: Preconditions;
  /** Where If-Match names an earlier version than the one on disk: merge with what happened since, by the paths of values. */
  readonly merge?: boolean;
  /** A path that the same change set deletes, whose name differs only in case or spelling. */
  readonly frees?: string;
}

export interface WriteOptions {
  /** `Prefer: tx=rollback`: judged in full, nothing written. */
  readonly dryRun?: boolean;
}

export interface Written {
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'deleted';
  readonly ref: DocumentRef;
  readonly etag: Digest | null;
  readonly seq: Seq;
  readonly changeSet: string;
  /** What survives: `sync` a power cut, `os` the end of the process. */
  readonly durability: Durability;
  /** The bytes now on disk; null after a deletion. */
  readonly bytes: Uint8Array | null;
}

/** Result of one of several writes. */
export type WriteResult =
  | { readonly ok: true; readonly written: Written }
  | { readonly ok: false; readonly error: Error };

/** Why a version has no bytes: they were pruned or forgotten, or were more than the history keeps. */
export type WhyGone = 'pruned' | 'too_large';

export interface HistoryItem {
  readonly seq: Seq;
  readonly atMs: number;
  readonly op: Op;
  /** Of a move, as `ns/collection/id`. `to`: where it left what is asked for. */
  readonly from: string | null;
  readonly to: string | null;
  readonly kind: VersionKind | null;
  readonly digest: Digest | null;
  readonly size: number;
  /** Null: the bytes are kept, or there never were any. */
  readonly gone: WhyGone | null;
  readonly actor: string;
  readonly cause: Cause;
  readonly changeSet: string;
  readonly session: string | null;
}

export type FeedScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'collection'; readonly collection: string };

/** An event as the feed tells it (API.md, feed event); the members have the wire's names. */
export interface FeedEvent {
  readonly seq: Seq;
  readonly at: string;
  readonly op: Op;
  readonly collection: string;
  readonly id: string;
  readonly from?: string;
  readonly to?: string;
  readonly digest: Digest | null;
  /** Told by histories alone: the feed tells an event as it was. */
  readonly gone?: WhyGone;
  readonly before: Digest | null;
  readonly actor: string;
  readonly cause: Cause;
  readonly change_set: string;
  readonly session?: string;
  readonly code?: string;
  readonly errors?: readonly Fault[];
}

/** Where a follower of the feed starts. */
export type FeedStart = { readonly since: Seq } | 'now' | 'beginning' | { readonly timeMs: number };

export type CatchUp =
  | { readonly kind: 'range'; readonly events: readonly FeedEvent[]; readonly next: Seq; readonly upToDate: boolean }
  /** The follower knows another log, or a seq that was not reached: it must fetch everything anew. */
  | { readonly kind: 'must-refetch'; readonly reason: string };

export interface ReadinessReport {
  readonly ready: boolean;
  /** Why not, or what to know although it is: `scanning`, `watcher-degraded`, `log-unwritable`, `no-atomic-exchange` … */
  readonly reasons: readonly string[];
  readonly durability: Durability;
  /** Progress of the first scan; `ignored`: files among the documents that are no JSON, as of the last look at the whole tree. */
  readonly scan: { readonly looked: number; readonly total: number | null; readonly ignored: number };
}

export interface Status {
  readonly root: string;
  readonly logId: string;
  readonly seq: Seq;
  readonly checkpoint: Seq;
  readonly documents: number;
  readonly problems: number;
  readonly logBytes: number;
  readonly catalogBytes: number;
  readonly watcher: { readonly kind: string; readonly watches: number };
  readonly durability: Durability;
}

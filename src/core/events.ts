/**
 * What the event log says. One frame is one change set (or a bookkeeping mark); one entry is one event with a seq of its
 * own. The same shapes travel from the reconciler to the log, from the log to its followers, and to the feed.
 */
import type { Digest } from './digest.ts';

/** Number of an event: a safe integer from 1 on, strictly increasing, never used twice. */
export type Seq = number;

export type Cause = 'api' | 'hand' | 'restore' | 'job' | 'agent' | 'import';

export type Op = 'create' | 'update' | 'delete' | 'move' | 'problem' | 'resolved' | 'schema';

/**
 * What a version is worth. `valid` moves disk head and served head, `invalid` only the disk head, `rescued` neither,
 * `deleted` ends both.
 */
export type VersionKind = 'valid' | 'invalid' | 'rescued' | 'deleted';

/** What stays of a file's identity while our own calls touch it (never ctime: rename and link change it). */
export interface FileIdentity {
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
  readonly mtimeNs: bigint;
}

/** Where and why a document cannot be accepted. Lines and columns count from 1, columns in UTF-16 units. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
  /** JSON Pointer (RFC 6901) of the value. */
  readonly pointer?: string;
  readonly line?: number;
  readonly column?: number;
  /** Another file that has to do with it, below the root. */
  readonly path?: string;
}

/** One event as the log keeps it, without its bytes. */
export interface Entry {
  readonly seq: Seq;
  readonly op: Op;
  /** Path below the root, `/` between segments. */
  readonly path: string;
  /** The source of a move. */
  readonly from?: string;
  readonly kind: VersionKind | null;
  /** Digest and size of the bytes after the change; null after a deletion, and for problems without bytes. */
  readonly digest: Digest | null;
  readonly size: number;
  /** Digest of the disk head that this version followed. */
  readonly before: Digest | null;
  /** Identity of the file that was replaced, and of the one put in its place. Redo needs both. */
  readonly replaced?: FileIdentity;
  readonly placed?: FileIdentity;
  /** Time of last modification that readers are shown, in ms since the epoch. */
  readonly modifiedMs?: number;
  /** For `problem`: its code from the catalogue of problems, and what is wrong where. */
  readonly code?: string;
  readonly faults?: readonly Fault[];
  /** For `schema`: whether these bytes are in force now, and how many documents they made invalid and valid. */
  readonly inForce?: boolean;
  readonly becameInvalid?: number;
  readonly becameValid?: number;
}

/** A new entry: no seq yet, and the bytes of the version where they are to be kept. */
export interface DraftEntry extends Omit<Entry, 'seq'> {
  readonly bytes?: Uint8Array;
  /** The bytes lie in the blob store under `digest` already, synced. */
  readonly inBlob?: true;
  /** `bytes` are what was appended to this earlier version of the same stream. */
  readonly base?: Seq;
}

/** The session of what was there when Larder began: an edit by nobody, from which the history goes on. */
export const FIRST_SCAN = 'first-scan';

/** Who caused a change set, and when by the wall clock (order is the seq alone). */
export interface Origin {
  readonly atMs: number;
  readonly actor: string;
  readonly cause: Cause;
  readonly changeSet: string;
  readonly session?: string;
}

export type DraftFrame =
  | {
      readonly type: 'events';
      readonly kind: 'change' | 'verdict' | 'schema';
      readonly origin: Origin;
      readonly entries: readonly DraftEntry[];
    }
  | { readonly type: 'checkpoint'; readonly upTo: Seq }
  /** Takes back synced entries whose swap failed; they were never announced. */
  | { readonly type: 'abort'; readonly seqs: readonly Seq[] }
  /** Orderly stop. */
  | { readonly type: 'clean'; readonly upTo: Seq };

/** Where bytes lie in the log; `EventLog.readBody` reads them. */
export interface StoredPlace {
  readonly segment: Seq;
  readonly offset: number;
  readonly length: number;
  readonly encoding: 'raw' | 'zstd';
}

/** Where the bytes of a version lie. `blob` bytes are found by digest. */
export type BodyPlace =
  | ({ readonly in: 'log' } & StoredPlace)
  /** The bytes of the version `base`, and behind them these, of which `part` is the digest (grown-bytes.ts). */
  | ({ readonly in: 'tail'; readonly base: Seq; readonly part: Digest } & StoredPlace)
  | { readonly in: 'blob' }
  /** Never kept (a large file) or pruned. */
  | { readonly in: 'nowhere' };

export interface LoggedEntry extends Entry {
  readonly body: BodyPlace;
}

export type LoggedFrame =
  | {
      readonly type: 'events';
      readonly kind: 'change' | 'verdict' | 'schema';
      readonly origin: Origin;
      readonly entries: readonly LoggedEntry[];
    }
  | { readonly type: 'checkpoint'; readonly upTo: Seq }
  | { readonly type: 'abort'; readonly seqs: readonly Seq[] }
  | { readonly type: 'clean'; readonly upTo: Seq };

export type EventFrame = Extract<LoggedFrame, { type: 'events' }>;

export const lastSeqOf = ({ entries }: EventFrame): Seq => entries.at(-1)?.seq ?? 0;

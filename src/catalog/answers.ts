/** What the catalog answers with: lists, events, versions, counts. */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, Cause, Fault, Op, Seq, VersionKind } from '../core/events.ts';
import type { KeptVersion } from '../core/grown-bytes.ts';
import type { ProblemCode } from '../core/problems.ts';

export interface ListedDocument {
  readonly id: string;
  readonly path: string;
  readonly text: string;
  readonly etag: Digest;
  readonly seq: Seq;
  readonly modifiedMs: number;
  readonly actor: string;
  readonly problem: ProblemCode | null;
}

export interface ServedText {
  readonly id: string;
  readonly path: string;
  readonly text: string;
  readonly etag: Digest;
  readonly seq: Seq;
  readonly hasProblem: boolean;
}

export interface DeletedDocument {
  readonly id: string;
  readonly path: string;
  readonly seq: Seq;
  readonly atMs: number;
  readonly actor: string;
}

/** One event, as feed and history show it. */
export interface StoredEvent {
  readonly seq: Seq;
  readonly atMs: number;
  readonly op: Op;
  readonly kind: VersionKind | null;
  readonly path: string;
  readonly from: string | null;
  readonly digest: Digest | null;
  readonly size: number;
  readonly before: Digest | null;
  readonly modifiedMs: number | null;
  readonly actor: string;
  readonly cause: Cause;
  readonly changeSet: string;
  readonly session: string | null;
  readonly body: BodyPlace;
  readonly code: string | null;
  readonly faults: readonly Fault[];
  readonly inForce: boolean | null;
  readonly becameInvalid: number | null;
  readonly becameValid: number | null;
}

/** A version with its size and where its bytes are. */
export interface SizedVersion extends KeptVersion {
  readonly size: number;
}

/** Which events: all, those of a namespace, or of one collection (`ns/collection`). A move counts for source and target. */
export type EventScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'collection'; readonly collection: string };

/** Events that meet every condition that is not null. */
export interface EventSelection {
  readonly changeSet: string | null;
  readonly actor: string | null;
  readonly session: string | null;
  /** `ns/collection`; a move counts for source and target. */
  readonly scope: string | null;
  readonly path: string | null;
  readonly upTo: Seq;
}

/** A document that was in a list at some time. */
export interface ListedEver {
  readonly id: string;
  /** The event that made its served head at the seq asked for, or its deletion; null when it was not there. */
  readonly seq: Seq | null;
  /** That is what is served now. */
  readonly isServedNow: boolean;
}

export interface CollectionSummary {
  readonly name: string;
  readonly count: number;
  readonly problems: number;
}

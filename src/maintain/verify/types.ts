/** What verify says: one finding for each thing that is not as it should be, named by its path. */
import type { Seq } from '../../core/events.ts';

/**
 * `difference`: cannot be explained, or cannot be recovered. `pending`: opening the root, or its next look, settles it by itself;
 * nothing is lost.
 */
type FindingKind = 'difference' | 'pending';

type FindingCode =
  /** The log is broken in the middle, or ends before what was seen of it. Pending: a tail that a crash tore. */
  | 'log'
  /** The stored bytes of a version are not those of its digest. */
  | 'body'
  /** A blob is missing or is not what its name promises. */
  | 'blob'
  /** A file is not what was recorded of it. */
  | 'file'
  /** A file's bytes changed without a change of its stat. */
  | 'rotten'
  /** A row of the catalog is not what the log says. */
  | 'catalog'
  /** What lists and search answer from is not what is served. */
  | 'text'
  /** A document is not what it is in the other root (`--against`). */
  | 'document'
  /** A problem is listed that is none, or one is not listed. */
  | 'problem';

export interface Finding {
  readonly kind: FindingKind;
  readonly code: FindingCode;
  /** Below the root; a segment's file for the log. */
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
  /** Whose word is compared with whose, and what follows. */
  readonly detail: string;
}

export interface VerifyProgress {
  readonly stage: 'rescan' | 'log' | 'files' | 'comparing' | 'catalog' | 'blobs';
  readonly done: number;
  readonly total: number | null;
}

export interface VerifySummary {
  readonly ok: boolean;
  readonly differences: number;
  readonly pending: number;
  readonly log: string | null;
  /** Newest event that was compared. */
  readonly seq: Seq;
  readonly paths: number;
  readonly files: number;
  readonly versions: number;
  readonly blobs: number;
  /** Versions whose bytes were pruned or never kept. */
  readonly without_bytes: number;
  /** False: there is no catalog, or it is a copied one, which is never believed. */
  readonly catalog: boolean;
  readonly elapsed_ms: number;
}

/** One line of `POST /v1/_verify`. */
export type VerifyLine =
  | { readonly progress: VerifyProgress }
  | { readonly finding: Finding }
  | { readonly summary: VerifySummary };

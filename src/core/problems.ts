import type { Digest } from './digest.ts';
import type { Fault, Seq } from './events.ts';

/** Why a path cannot be served as it is on disk: the words of `Larder-Problem` and of `_problems`. */
export type ProblemCode =
  | 'invalid'
  | 'pending'
  | 'absent'
  | 'held'
  | 'unrecorded'
  | 'rescued'
  | 'conflict'
  | 'rotten'
  | 'unreadable'
  | 'name'
  | 'schema-unreliable'
  /** The document is served; something about it deserves a look. */
  | 'warning';

export type ProblemState = 'pending' | 'invalid' | 'unreadable' | 'held' | 'conflict' | 'name';

/** A version as one side of a conflict. */
export interface Side {
  readonly seq: Seq;
  readonly digest: Digest;
}

/** What a conflict is between. `base`: what both sides grew from, where the history has it. */
export interface ConflictSides {
  readonly original: Side | null;
  readonly copies: readonly (Side & { readonly path: string; readonly tool: string; readonly base: Side | null })[];
}

/** One item of `GET /v1/_problems`. */
export interface Problem {
  /** Stable while the problem lasts: derived from path and code. */
  readonly id: string;
  readonly code: ProblemCode;
  /** Path below the root; bytes of a name that are not UTF-8 are spelled `\xNN`. */
  readonly path: string;
  /** `ns/collection`, where the path lies in one. */
  readonly collection?: string;
  /** The document's id, where the path names one. */
  readonly document?: string;
  /** RFC 3339. */
  readonly since: string;
  readonly state: ProblemState;
  readonly errors: readonly Fault[];
  readonly hint: string;
  /** Of the bytes on disk; null when there are none or they cannot be read. */
  readonly digest: Digest | null;
  /** Digest of the last good version, which is served; null when there is none. */
  readonly serving: Digest | null;
  /** Of the code `conflict`. */
  readonly conflict?: ConflictSides;
}

/** What `Larder-Problem` says beside a served document. */
export interface ProblemMark {
  readonly code: ProblemCode;
  readonly id: string;
  readonly digest: Digest | null;
}

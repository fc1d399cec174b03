/** What `_undo` is asked and what it answers; the members have the wire's names. */
import type { Digest } from './digest.ts';
import type { Seq } from './events.ts';

/** Conditions are ANDed; at least one of change set, actor, session, since, document is given. */
export interface UndoRequest {
  readonly change_set?: string | undefined;
  readonly actor?: string | undefined;
  readonly session?: string | undefined;
  /** Everything after a seq, or after an RFC 3339 time. */
  readonly since?: Seq | string | undefined;
  /** Nothing after this seq. */
  readonly to_seq?: Seq | undefined;
  readonly collection?: string | undefined;
  /** Id in `collection`. Alone: its last change. */
  readonly document?: string | undefined;
}

export interface UndoneItem {
  readonly collection: string;
  readonly id: string;
  readonly op: 'create' | 'update' | 'delete';
  /** Of the version that was put back; null after a deletion. */
  readonly etag: Digest | null;
  /** Of the new event; left out in a preview. */
  readonly seq?: Seq;
}

/** A schema that was changed; undo leaves it as it is. */
export interface SchemaLeft {
  readonly collection: string;
  readonly seq: Seq;
}

/** A document of which nothing was served before, and of which nothing is there now. */
export interface DocumentLeft {
  readonly collection: string;
  readonly id: string;
  /** Its last version; `_history/{seq}` has the bytes. */
  readonly seq: Seq;
}

export interface Undone {
  readonly undone: number;
  /** Documents that were as before already. */
  readonly unchanged: number;
  readonly items: readonly UndoneItem[];
  readonly schemas: readonly SchemaLeft[];
  readonly left: readonly DocumentLeft[];
  /** First and last seq; null when nothing was done, as in a preview. */
  readonly seq: readonly [Seq, Seq] | null;
  readonly change_set: string | null;
}

/** Why one path cannot be taken back. */
export interface UndoConflict {
  readonly collection: string;
  readonly id: string;
  /**
   * `changed`, `between`: by somebody else, after and among what is undone. `invalid`: what was there before was never good, and
   * something else is there now, or nothing else is to be undone.
   * `gone`: its bytes are not kept, `version_damaged`: or not what was stored. Otherwise the code of the refusal, `schema_refused` or `name_taken` for example.
   */
  readonly why: string;
  readonly detail: string;
  /** Who changed it last. */
  readonly seq?: Seq;
  readonly actor?: string;
  readonly at?: string;
}

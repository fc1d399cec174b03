/** Versions as faces see them: what was, what changed, and ways back. `larder.versions` is one of these. */
import type { Seq } from './core/events.ts';
import type {
  At,
  FeedEvent,
  FeedScope,
  ListItem,
  ListOptions,
  Page,
  Who,
  WriteOptions,
  WriteRequest,
  Written,
} from './core/requests.ts';
import type { DocumentRef } from './core/refs.ts';
import type { Undone, UndoRequest } from './core/undo-requests.ts';
import type { DiffKind } from './core/version-diff.ts';
import type { FileAnswer } from './larder-types.ts';

/** What a point in history stands for. */
export interface Moment {
  readonly seq: Seq;
  /** The clock went back: some events after the seq say that they are older than the time asked for. */
  readonly isAmbiguous: boolean;
}

export interface VersionDiff {
  /** 0: before the first version. */
  readonly from: Seq;
  readonly to: Seq;
  readonly text: string;
}

/** One request of a change set. `create`: the id is taken from the body, or made, as POST does. */
export type SetItem =
  | { readonly kind: 'write'; readonly request: WriteRequest }
  | { readonly kind: 'create'; readonly collection: string; readonly body: Uint8Array };

export interface Versions {
  /** Throws `future_seq`. */
  moment(at: At): Moment;
  /**
   * What changed between two versions of a document or file, under whatever names it had. `to` null is the newest, `from` null the one
   * before `to`, 0 the time before the first. Throws `not_found`, `future_seq`, `gone`, `version_damaged`, `not_acceptable` (a patch of what is no
   * JSON), `too_large`.
   */
  diff(ref: DocumentRef, options: { from: Seq | null; to: Seq | null; as: DiffKind }): Promise<VersionDiff>;
  /** Puts the bytes of an earlier version back, exactly, judged like any write. Throws like a diff and like a write, and `conflict`. */
  revert(
    ref: DocumentRef,
    to: Seq,
    who: Who,
    preconditions: WriteRequest['preconditions'],
    options?: WriteOptions,
  ): Promise<Written>;
  /** A file below `files/` as it was; the bytes are to be closed. Throws `future_seq`, `gone`, `version_damaged`. */
  fileAt(ref: DocumentRef, at: At): Promise<FileAnswer>;
  /** The version of a file with this very seq, whatever its kind. Throws likewise. */
  fileVersion(ref: DocumentRef, seq: Seq): Promise<FileAnswer>;
  /**
   * A list as it was; the cursor is bound to the moment. A version whose bytes cannot be had stands there with `_problem` alone.
   * Undefined: no such collection. Throws `future_seq`.
   */
  listAt(
    collection: string,
    options: ListOptions & { readonly at: At },
  ): Promise<(Page<ListItem> & { readonly moment: Moment }) | undefined>;
  /** Events, the newest first; `before` exclusive. `next` is the seq to go on before. Throws `not_found` for what never was. */
  recent(scope: FeedScope, options: { readonly before: Seq | null; readonly limit: number }): Page<FeedEvent>;
  /** A hint at the name that was meant, where there is neither a collection, or document in it, nor a history by this one; or null. */
  near(collection: string, id?: string): string | null;
  /**
   * One change set: visible together, all or none, undone together. Answered in order. The first refusal throws for all, its
   * member `i` the index. At most 10,000 changes and 64 MiB.
   */
  writeSet(items: readonly SetItem[], who: Who, options?: WriteOptions): Promise<Written[]>;
  /**
   * Takes back what somebody did, as one change set: what was there before the first selected event of each path is put back, if
   * nobody else changed it since. Throws `undo_conflict` with the list, `not_found`, `ambiguous_time`, `too_large`.
   */
  undo(request: UndoRequest, who: Who, options?: WriteOptions): Promise<Undone>;
}

/** What the commands on versions ask, of a daemon or of an opened root alike. */
import type { DocumentRef } from '../core/refs.ts';
import type { FeedEvent, FeedScope } from '../core/requests.ts';
import type { ToldDeletion, ToldVersion } from '../core/told-versions.ts';
import type { Undone, UndoRequest } from '../core/undo-requests.ts';
import type { DiffKind } from '../core/version-diff.ts';
import type { Moment, VersionDiff } from '../larder-versions.ts';

interface ReadBytes {
  readonly bytes: Uint8Array;
  /** Null: as it is now. */
  readonly moment: Moment | null;
}

export interface PastList {
  /** Each document as JSON text with its `_id`. */
  readonly items: readonly string[];
  readonly moment: Moment;
}

export interface VersionsAccess {
  /** The newest first. Rejects with `not_found`. */
  history(ref: DocumentRef, limit: number): Promise<readonly ToldVersion[]>;
  recent(scope: FeedScope, limit: number): Promise<readonly FeedEvent[]>;
  deleted(collection: string): AsyncIterable<ToldDeletion>;
  diff(ref: DocumentRef, from: number | null, to: number | null, as: DiffKind): Promise<VersionDiff>;
  /** `at`: a seq or an RFC 3339 time as typed; null is now. */
  read(ref: DocumentRef, at: string | null): Promise<ReadBytes>;
  /** The bytes of the version with this very seq, whatever its kind. Rejects with `not_found`, `gone`, `version_damaged`. */
  version(ref: DocumentRef, seq: number): Promise<Uint8Array>;
  /** A page at a time. */
  listAt(collection: string, at: string): AsyncIterable<PastList>;
  undo(request: UndoRequest, isPreview: boolean): Promise<Undone>;
}

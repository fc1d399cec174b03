/** The library's front door as faces see it: `openLarder` gives one of these. */
import type {
  At,
  CatchUp,
  DeletedItem,
  Durability,
  FeedScope,
  FeedStart,
  HistoryItem,
  ListItem,
  ListOptions,
  Page,
  CurrentAnswer,
  ReadAnswer,
  ReadinessReport,
  Status,
  Summary,
  Who,
  WriteOptions,
  WriteRequest,
  WriteResult,
  Written,
} from './core/requests.ts';
import type { Maintenance } from './larder/maintenance.ts';
import type { DocumentRef } from './core/refs.ts';
import type { Problem } from './core/problems.ts';
import type { Seq } from './core/events.ts';
import type { Digest } from './core/digest.ts';
import type { Guards } from './larder-guards.ts';
import type { Versions } from './larder-versions.ts';

/** A file below `files/`: never held whole. */
export type FileAnswer =
  | {
      readonly kind: 'file';
      readonly size: number;
      readonly etag: Digest;
      readonly seq: Seq | null;
      readonly modifiedMs: number;
      readonly read: (start: number, end: number) => Uint8Array;
      readonly close: () => void;
    }
  | { readonly kind: 'missing'; readonly hint: string | null }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface Larder extends AsyncDisposable {
  /** Absolute path of the directory served. */
  readonly root: string;
  /** The log's id, which every follower compares (`Larder-Log`). */
  readonly logId: string;
  readonly durability: Durability;
  /** Newest seq that is applied and announced. */
  readonly seq: Seq;
  /** Resolves after the first scan; rejects when it cannot be done. Reads of documents work before. */
  readonly ready: Promise<void>;
  /** Resolves before, once all that the log has is known again: from then on the feed can be read. */
  readonly caughtUp: Promise<void>;
  /** What was, what changed, and ways back. */
  readonly versions: Versions;
  /** What a person decides about problems. */
  readonly guards: Guards;
  readiness(): ReadinessReport;
  status(): Status;

  /** As fresh as the disk: one stat, and a look where it changed. */
  read(ref: DocumentRef): Promise<CurrentAnswer>;
  /** The served head at a point in history. Throws `future_seq`, `gone`, `version_damaged`. */
  readAt(ref: DocumentRef, at: At): Promise<ReadAnswer>;
  /** The exact bytes of the version with this very seq, whatever its kind. */
  readVersion(ref: DocumentRef, seq: Seq): Promise<ReadAnswer>;
  openFile(namespace: string, path: string): Promise<FileAnswer>;

  namespaces(): Summary[];
  /** Undefined: no such namespace on disk. */
  collections(namespace: string): Summary[] | undefined;
  /** Undefined: no such collection. Throws `bad_cursor`. */
  list(collection: string, options: ListOptions): Page<ListItem> | undefined;
  listDeleted(
    collection: string,
    options: { readonly limit: number; readonly cursor: string | null },
  ): Page<DeletedItem> | undefined;

  write(request: WriteRequest, who: Who, options?: WriteOptions): Promise<Written>;
  /** POST: takes the id from the body or mints one (API.md). `body` is JSON text. */
  create(collection: string, body: Uint8Array, who: Who, options?: WriteOptions): Promise<Written>;
  /** Many writes, answered in order. `atomic`: one change set, all or none (the first refusal throws, naming its index). */
  writeAll(
    requests: readonly WriteRequest[],
    who: Who,
    options?: WriteOptions & { readonly atomic?: boolean },
  ): Promise<WriteResult[]>;
  putFile(
    namespace: string,
    path: string,
    bytes: Uint8Array,
    who: Who,
    preconditions: WriteRequest['preconditions'],
    options?: WriteOptions,
  ): Promise<Written>;
  deleteFile(
    namespace: string,
    path: string,
    who: Who,
    preconditions: WriteRequest['preconditions'],
    options?: WriteOptions,
  ): Promise<Written>;

  /** The schema in force as JSON, with the text of `_schema.json` where it comes from there; null when there is none. */
  schema(collection: string): Promise<{
    readonly json: unknown;
    readonly bytes: Uint8Array | null;
    readonly etag: Digest | null;
    readonly problem: Problem | null;
  } | null>;
  /** Writes `_schema.json` through the pipeline. Throws `schema_broken` when it cannot be used. */
  putSchema(
    collection: string,
    body: Uint8Array,
    who: Who,
    preconditions: WriteRequest['preconditions'],
    options?: WriteOptions,
  ): Promise<Written>;
  /** Every collection with its schema in force (null: none), in byte order: what OpenAPI and types are made of. */
  schemas(): { readonly collection: string; readonly json: unknown }[];

  problems(options: {
    readonly collection: string | null;
    readonly limit: number;
    readonly cursor: string | null;
  }): Page<Problem>;
  history(
    ref: DocumentRef,
    options: { readonly before: Seq | null; readonly limit: number },
  ): Page<HistoryItem> | undefined;

  /** One page of the feed. Never waits. */
  changes(scope: FeedScope, start: FeedStart, limit: number, logId: string | null): CatchUp;
  /** Resolves at the next announcement after `seq`, or when the signal aborts. One pending wake-up however many events. */
  waitForChange(after: Seq, signal: AbortSignal): Promise<void>;

  /** What looks after the root: verify, prune, normalise. */
  readonly maintenance: Maintenance;

  /** Looks at the whole tree now; resolves when everything found is recorded. */
  rescan(): Promise<void>;
}

/**
 * What the rest of Larder knows of the catalog: a follower of the event log in SQLite, disposable and rebuilt from log and
 * files. One writer; readers never see half a change set.
 */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, EventFrame, Fault, LoggedEntry, Seq } from '../core/events.ts';
import type { Problem, ProblemCode } from '../core/problems.ts';
import type {
  CollectionSummary,
  DeletedDocument,
  EventScope,
  EventSelection,
  ListedDocument,
  ListedEver,
  ServedText,
  SizedVersion,
  StoredEvent,
} from './answers.ts';
import type { Retained } from './retained.ts';
import type { StatKey } from '../core/stat-key.ts';

/** What a known path is, by its name alone. `none`: nothing that is served (a FIFO, a bad name), known for its problem. */
export type PathKind = 'document' | 'stream' | 'file' | 'schema' | 'none';

/** Everything known of one path: its disk head, its served head, and what was last seen there. */
export interface Head {
  readonly path: string;
  readonly kind: PathKind;
  /** `ns/collection`; `ns/files` for files; '' where there is none. */
  readonly collection: string;
  /** Id of the document or stream, path below `files/`, or ''. */
  readonly id: string;
  /** Digest last recorded on disk; null when nothing is known to be there. */
  readonly diskDigest: Digest | null;
  readonly diskSeq: Seq;
  /** Last valid version, which is served; null when there is none. */
  readonly servedDigest: Digest | null;
  readonly servedSeq: Seq;
  readonly servedSize: number;
  readonly servedModifiedMs: number;
  readonly servedBody: BodyPlace | null;
  /** Stat identity when the disk head was last confirmed; `clean` when it may be believed without reading (DESIGN 3.5). */
  readonly stat: StatKey | null;
  readonly clean: boolean;
  /** Believed for what was appended and the end before it: nobody has read the rest under this stat. */
  readonly grown: boolean;
  /** Open problems of this path, most severe first. */
  readonly problems: readonly ProblemCode[];
}

/** A path as the rescan compares it with a directory listing. */
export interface KnownName {
  readonly name: string;
  readonly stat: StatKey | null;
  readonly clean: boolean;
  /** It has a disk head or a served head: its absence would be a deletion. */
  readonly present: boolean;
  readonly hasProblem: boolean;
}

export interface Seen {
  readonly key: StatKey;
  readonly clean: boolean;
  /** Only what was appended was read, and a little before it (Head, `grown`). */
  readonly grown?: boolean;
}

/** What full text and lists hold of a valid document. */
export interface DocumentContent {
  /** The document's JSON text, without a byte order mark. */
  readonly text: string;
  readonly searchText: string;
}

export interface ToApply {
  readonly frame: EventFrame;
  /**
   * Content of a valid document version; called for entries of kind `valid` of documents only. Null when its bytes are kept
   * nowhere any more (a replay meets versions that were pruned since): the document then has no text until a later version.
   */
  readonly content: (entry: LoggedEntry) => DocumentContent | null;
  /** What was seen on disk when the entry was made; undefined in a replay, which leaves the path unclean. */
  readonly seen: (path: string) => Seen | undefined;
  /** The derived problems of the bytes that are served from this entry on; null: those that it has stay. */
  readonly derived?: (path: string) => readonly DerivedProblem[] | null;
}

/** A problem that is derived, not recorded: it comes back by itself after a rebuild (schema mismatch after a schema change). */
export interface DerivedProblem {
  readonly path: string;
  readonly code: ProblemCode;
  readonly sinceMs: number;
  readonly digest: Digest | null;
  readonly faults: readonly Fault[];
}

/** What a judgement derived for a path, and of which bytes: of other bytes it says nothing. */
export interface DerivedMarks {
  readonly digest: Digest;
  readonly problems: readonly DerivedProblem[];
}

/** All methods throw CatalogError (catalog-error.ts) for what the machine does: damage, no space, a failing disk. */
export interface Catalog extends Retained, Disposable {
  /** All events up to here are applied. */
  readonly reached: Seq;
  /** Id of the log it follows; another log means rebuilding. */
  readonly logId: string;
  /** True when it was made anew by opening (missing, damaged, older format, or of another log). */
  readonly isNew: boolean;

  /**
   * Applies frames in order. Each frame becomes visible to readers whole; the event loop is given back every 200 rows, or 1 MiB of documents. Calls
   * queue behind each other. `reached` moves with the commit. Entries that were applied before are skipped. A call of at most
   * 200 rows and 2 MiB is applied before it returns when none is waiting. After a rejection apply the same frames again, or from `reached`.
   */
  apply(frames: readonly ToApply[]): Promise<void>;
  /**
   * Takes a few small frames without committing them yet: they are visible at once all the same, because everything that reads
   * more than their heads commits them first. The promise settles with the commit, within a moment; when it rejects, none of
   * what was gathered is applied, and all of it is to be applied again. Null where they cannot be held back: apply them.
   */
  gather(frames: readonly ToApply[]): Promise<void> | null;
  /**
   * Remembers what was seen of known paths without an event. Synchronous, at most 200 rows a call; visible at once, or with the
   * frame that is being applied. Without space it is forgotten: the paths are read again later.
   */
  noteSeen(seen: readonly { readonly path: string; readonly seen: Seen | null }[]): void;

  /** By which schema (its digest) the documents of each collection were marked last, to the last of them. */
  judged(): Readonly<Record<string, Digest>>;
  /** Behind the marks, in the same order as they: null where there is no schema. */
  noteJudged(collection: string, schema: Digest | null): void;

  head(path: string): Head | undefined;
  /** Known names directly in a directory ('' is the root) behind this one, in byte order; '' begins. What is only history is not among them. */
  namesIn(directory: string, after: string, limit: number): KnownName[];
  /** Directories that hold known names at or below a directory. */
  directoriesBelow(directory: string): string[];
  /** Paths with a served or disk head below a directory, recursively, at most `limit`. */
  presentBelow(directory: string, limit: number): string[];
  countPresentBelow(directory: string): number;
  /** Paths with a disk head behind this one, in the order of directory and name; '' begins. */
  presentAfter(path: string, limit: number): string[];
  /** A known present path with this folded form (DESIGN: FORMAT names), other than `path` itself. */
  pathFoldedAs(folded: string, path: string): string | undefined;
  /** Present heads whose disk digest is this one (for moves). */
  headsWithDigest(digest: Digest): Head[];

  /** Namespaces with anything present or wrong in them, in byte order; `count` is that of all their collections. */
  namespaces(): CollectionSummary[];
  /** Likewise the collections of one namespace, `ns/files` among them. `count`: served documents, or files. */
  collections(namespace: string): CollectionSummary[];
  /** Also a collection of which nothing but history is left. */
  collection(name: string): CollectionSummary | undefined;
  list(
    collection: string,
    options: { readonly after: string | null; readonly prefix: string | null; readonly limit: number },
  ): ListedDocument[];
  listDeleted(
    collection: string,
    options: { readonly after: string | null; readonly limit: number },
  ): DeletedDocument[];
  /** Candidates for a list as it was at a seq, in the order of their ids; those with a seq of a deletion, or none, were not in it. */
  listedEver(
    collection: string,
    options: {
      readonly seq: Seq;
      readonly after: string | null;
      readonly prefix: string | null;
      readonly limit: number;
    },
  ): ListedEver[];
  /** Paths that were deleted by hand after a seq, those that came back among them. Reads every event since. */
  deletedByHand(after: Seq): string[];
  /** Served text of one document. */
  text(path: string): string | undefined;
  /** Documents with a served head in a collection, in batches of at most `batch`, for judging them again. */
  served(collection: string, after: string | null, batch: number): ServedText[];
  /** Paths of a collection that have a recorded problem of this code. */
  pathsWithProblem(collection: string, code: ProblemCode): string[];
  /** Whether a derived problem of this code is marked at a path. */
  hasDerived(path: string, code: ProblemCode): boolean;
  /** Paths anywhere with a recorded problem of this code. */
  pathsWithRecorded(code: ProblemCode): string[];
  /** Paths of kind `schema` with a head. */
  schemaPaths(): string[];

  events(scope: EventScope, after: Seq, limit: number): StoredEvent[];
  /** The newest first, `before` exclusive. */
  eventsBefore(scope: EventScope, before: Seq, limit: number): StoredEvent[];
  /** In the order of their seqs. At least one of change set, actor, session makes it cheap; otherwise all after the seq are read. */
  selectEvents(selection: EventSelection, after: Seq, limit: number): StoredEvent[];
  event(seq: Seq): StoredEvent | undefined;
  /** The version with this seq, without the rest of its event: a microsecond or two. */
  version(seq: Seq): SizedVersion | undefined;
  /**
   * Versions of one path, newest first, `before` exclusive. A document that was moved here brings its versions under its earlier
   * names; a move away from here is the last event of what was here before it. Reports without a version are left out.
   */
  history(path: string, options: { readonly before: Seq | null; readonly limit: number }): StoredEvent[];
  /** The deletion of what was served at a path, or its move away from there; undefined while something is, and where nothing ever was. */
  departure(path: string): StoredEvent | undefined;
  /**
   * The newest event at or before a seq that moved the served head of a path; undefined when there was none. A deletion is such
   * an event, and so is a move away (its `from` is the path). Where nothing was served at that seq, but a document was moved
   * here later, the answer is that document's, under its name of then.
   */
  servedAt(path: string, seq: Seq): StoredEvent | undefined;
  /** Whether an event tells of a document, under whatever name it had then. */
  isOf(path: string, seq: Seq): boolean;
  /** The newest version of a document with these bytes, under any of its names, at or before a seq where one is given. */
  versionWith(path: string, digest: Digest, upTo?: Seq): StoredEvent | undefined;
  /** Whether there is such a version; cheaper, the more so when it is sought only `among` so many of the newest events. */
  hasVersionWith(path: string, digest: Digest, among?: number): boolean;
  /** The last seq before the first event with a later time (API.md, `_at`): what a moment stands for. */
  seqAtTime(timeMs: number): Seq;
  /** Whether events after that seq say that they are older than the moment: the clock went back. */
  isAmbiguousTime(timeMs: number): boolean;
  /** Last seq of the change set that holds this seq. */
  lastOfSet(seq: Seq): Seq;

  /**
   * Replaces the derived problems of some paths, in one transaction; `sinceMs` counts for those that are new. A valid version ends them all, and brings
   * its own (`ToApply`); where nothing is served there are none. A path that serves other bytes by now than were judged stays as it is.
   */
  setDerived(marksByPath: ReadonlyMap<string, DerivedMarks>): void;
  /** In the order of path and code; `after` is `problemPosition` of the last item before (problems.ts). */
  problems(options: {
    readonly collection: string | null;
    readonly after: string | null;
    readonly limit: number;
  }): Problem[];
  problemsOf(path: string): Problem[];
  problem(id: string): Problem | undefined;
  countProblems(): number;

  /** Bytes of the database on disk. */
  sizeBytes(): number;
}

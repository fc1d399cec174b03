/** An open Larder: the small facade that faces see, over the reconciler and the reads. */
import type { Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { parseKeep } from '../core/retention.ts';
import type { Problem } from '../core/problems.ts';
import { FILES, type DocumentRef } from '../core/refs.ts';
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
} from '../core/requests.ts';
import type { FileAnswer, Larder } from '../larder-types.ts';
import type { OpenOptions, Parts } from '../larder.ts';
import type { Wired } from './wire.ts';
import { writeSchema } from '../reconciler/write-schema.ts';
import { write } from '../reconciler/write.ts';
import { Decisions } from './decisions.ts';
import { changes } from './feed.ts';
import { openFile } from './files.ts';
import { Lists } from './lists.ts';
import { OpenMaintenance } from './maintenance.ts';
import { writeMany } from './many-writes.ts';
import { nameNewDocument } from './new-ids.ts';
import { readAt, Reads, readVersion } from './reads.ts';
import { closingOf } from './closing.ts';
import { allSchemas, schemaOf } from './schemas.ts';
import { StartUp } from './start-up.ts';
import { statusOf } from './status.ts';
import { OpenedVersions } from './versions/opened-versions.ts';
import type { Guards } from '../larder-guards.ts';
import type { Versions } from '../larder-versions.ts';

type Preconditions = WriteRequest['preconditions'];

export class OpenedLarder implements Larder {
  readonly #wired: Wired;
  readonly #parts: Parts;
  readonly #startUp: StartUp;
  readonly #reads: Reads;
  readonly #lists: Lists;
  readonly versions: Versions;
  readonly guards: Guards;
  readonly maintenance: OpenMaintenance;
  #closing: Promise<void> | null = null;

  constructor(wired: Wired, parts: Parts, options: OpenOptions) {
    this.#wired = wired;
    this.#parts = parts;
    this.#startUp = new StartUp(wired, parts, options);
    this.#reads = new Reads(wired.world);
    this.#lists = new Lists(wired.world, wired.cursorKey);
    this.versions = new OpenedVersions({
      ...wired,
      caughtUp: () => this.#startUp.caughtUp,
      writable: () => this.#writable(),
    });
    this.guards = new Decisions(wired.world, () => this.#writable());
    this.maintenance = new OpenMaintenance(
      wired,
      parts,
      parseKeep(options.keepHistory ?? 'all') ?? { kind: 'all' },
      () => this.ready,
    );
    wired.marks.onMarked = (path) => this.#reads.forget(path);
  }

  start(): void {
    this.#startUp.start();
    this.ready.then(
      () => this.maintenance.start(),
      () => {},
    );
  }

  get root(): string {
    return this.#parts.root.path;
  }

  get logId(): string {
    return this.#parts.events.id;
  }

  get durability(): Durability {
    return this.#wired.world.durability;
  }

  get seq(): Seq {
    return this.#wired.world.recorder.announcedSeq;
  }

  get ready(): Promise<void> {
    return this.#startUp.ready;
  }

  get caughtUp(): Promise<void> {
    return this.#startUp.caughtUp;
  }

  readiness(): ReadinessReport {
    const report = this.#startUp.readiness();
    const { isLow } = this.maintenance.history();
    return isLow ? { ...report, reasons: [...report.reasons, 'disk-low'] } : report;
  }

  status(): Status {
    return statusOf(this.#wired, this.#parts);
  }

  async read(ref: DocumentRef): Promise<CurrentAnswer> {
    if (!this.#startUp.isCaughtUp) await this.#startUp.caughtUp;
    return this.#reads.read(ref);
  }

  async readAt(ref: DocumentRef, at: At): Promise<ReadAnswer> {
    await this.#startUp.caughtUp;
    return readAt(this.#wired.world, ref, at);
  }

  async readVersion(ref: DocumentRef, seq: Seq): Promise<ReadAnswer> {
    await this.#startUp.caughtUp;
    return readVersion(this.#wired.world, ref, seq);
  }

  async openFile(namespace: string, path: string): Promise<FileAnswer> {
    await this.#startUp.caughtUp;
    return openFile(this.#wired.world, { collection: `${namespace}/${FILES}`, id: path });
  }

  namespaces(): Summary[] {
    return this.#lists.namespaces();
  }

  collections(namespace: string): Summary[] | undefined {
    return this.#lists.collections(namespace);
  }

  list(collection: string, options: ListOptions): Page<ListItem> | undefined {
    return this.#lists.list(collection, options);
  }

  listDeleted(
    collection: string,
    options: { readonly limit: number; readonly cursor: string | null },
  ): Page<DeletedItem> | undefined {
    return this.#lists.listDeleted(collection, options);
  }

  async write(request: WriteRequest, who: Who, options?: WriteOptions): Promise<Written> {
    await this.#writable();
    return write(this.#wired.world, request, who, options);
  }

  async create(collection: string, body: Uint8Array, who: Who, options?: WriteOptions): Promise<Written> {
    await this.#writable();
    const named = nameNewDocument(this.#wired.world, collection, body);
    return write(
      this.#wired.world,
      { ref: named.ref, change: { op: 'put', body: named.body, mustBeNew: true } },
      who,
      options,
    );
  }

  async writeAll(
    requests: readonly WriteRequest[],
    who: Who,
    options: WriteOptions & { readonly atomic?: boolean } = {},
  ): Promise<WriteResult[]> {
    await this.#writable();
    return writeMany(this.#wired.world, requests, who, options);
  }

  putFile(
    namespace: string,
    path: string,
    bytes: Uint8Array,
    who: Who,
    preconditions: Preconditions,
    options?: WriteOptions,
  ): Promise<Written> {
    const ref = { collection: `${namespace}/files`, id: path };
    return this.write(
      { ref, change: { op: 'put', body: bytes }, ...(preconditions && { preconditions }) },
      who,
      options,
    );
  }

  deleteFile(
    namespace: string,
    path: string,
    who: Who,
    preconditions: Preconditions,
    options?: WriteOptions,
  ): Promise<Written> {
    const ref = { collection: `${namespace}/files`, id: path };
    return this.write({ ref, change: { op: 'delete' }, ...(preconditions && { preconditions }) }, who, options);
  }

  async schema(collection: string): ReturnType<Larder['schema']> {
    await this.#startUp.caughtUp;
    return schemaOf(this.#wired.world, collection);
  }

  async putSchema(
    collection: string,
    body: Uint8Array,
    who: Who,
    preconditions: Preconditions,
    options?: WriteOptions,
  ): Promise<Written> {
    await this.#writable();
    return writeSchema(this.#wired.world, collection, { op: 'put', body }, who, preconditions, options);
  }

  schemas(): { readonly collection: string; readonly json: unknown }[] {
    return allSchemas(this.#wired.world);
  }

  problems(options: {
    readonly collection: string | null;
    readonly limit: number;
    readonly cursor: string | null;
  }): Page<Problem> {
    return this.#lists.problems(options);
  }

  history(
    ref: DocumentRef,
    options: { readonly before: Seq | null; readonly limit: number },
  ): Page<HistoryItem> | undefined {
    return this.#lists.history(ref, options);
  }

  changes(scope: FeedScope, start: FeedStart, limit: number, logId: string | null): CatchUp {
    // A catalog that a crash left behind the log would take a follower's seq for one that never was.
    if (!this.#startUp.isCaughtUp) throw new LarderError('starting', 'the event log is being read');
    return changes(this.#wired.world, scope, start, limit, logId);
  }

  async waitForChange(after: Seq, signal: AbortSignal): Promise<void> {
    const next = this.#wired.world.recorder.announced.next(signal);
    if (this.seq > after) return;
    await next;
  }

  async rescan(): Promise<void> {
    await this.ready;
    await this.#wired.reconciler.rescan();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Writes wait for the first scan: before it, names and versions on disk are not known yet. */
  async #writable(): Promise<void> {
    if (this.#closing) throw new LarderError('stopping', 'the daemon is stopping; nothing was written');
    if (!this.#startUp.isReady)
      throw new LarderError('starting', 'the first scan is not finished; nothing was written', {
        headers: { 'Retry-After': '1' },
      });
  }

  async #close(): Promise<void> {
    await using _ = closingOf(this.#wired, this.#parts, this.maintenance);
    await this.#startUp.stop();
  }
}

/**
 * Applies frames in transactions, one after another. A large one stays open over several turns of the event loop, so that
 * neither the loop is held up nor a frame seen in part; small frames share one.
 *
 *   apply() --small, nobody waits--> one transaction, before the call returns
 *      |
 *      +--otherwise--> queue --> begin, 200 rows, turn, 200 rows, turn, commit --> turn, merge, checkpoint --> next
 */
import { lastSeqOf, type Seq } from '../core/events.ts';
import type { Clock } from '../host/ports.ts';
import { applyEntry, type Tables } from './apply-entry.ts';
import { CatalogError } from './catalog-error.ts';
import type { Checkpoints } from './checkpoints.ts';
import { bytesOf, rowsOf } from './frame-sizes.ts';
import type { Transactions } from './transactions.ts';
import type { Merging } from './merging.ts';
import type { ToApply } from './types.ts';

/** What the event loop is held up for: 200 rows take some 10 ms, and so does the full text of a mebibyte. */
const TURN_ROWS = 200;
const TURN_BYTES = 1024 * 1024;
/**
 * Frames are put into one transaction up to this size. Readers do not wait for it, the full text has a segment less to merge
 * for each transaction less, and a page that many rows share is written once.
 */
const TRANSACTION_ROWS = 2000;

export interface ApplierOptions {
  readonly tables: Tables;
  readonly transactions: Transactions;
  readonly checkpoints: Checkpoints;
  readonly merging: Merging;
  readonly clock: Clock;
  readonly reached: Seq;
}

export class Applier {
  readonly #options: ApplierOptions;
  #reached: Seq;
  /** First seq of a frame that failed: nothing later may be applied before it. */
  #missing: Seq | null = null;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#reached = options.reached;
  }

  get reached(): Seq {
    return this.#reached;
  }

  apply(frames: readonly ToApply[]): Promise<void> {
    const due = frames.filter(({ frame }) => lastSeqOf(frame) > this.#reached);
    if (this.#waiting === 0 && isQuick(due) && !this.#isBehind()) return this.#applyNow(due);
    this.#waiting++;
    const done = this.#tail.then(() => this.#applyInTurns(due)).finally(() => this.#waiting--);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  #isBehind(): boolean {
    const { transactions, checkpoints } = this.#options;
    return transactions.hasAside || checkpoints.isFull();
  }

  /** None waits, and none failed. */
  get isIdle(): boolean {
    const { hasAside } = this.#options.transactions;
    return this.#waiting === 0 && this.#missing === null && !this.#isClosed && !hasAside;
  }

  /** Whether a commit need not wait: a question to SQLite. */
  get hasRoom(): boolean {
    return !this.#options.checkpoints.isFull();
  }

  /** Applies in one transaction, before it returns: for few rows, where none waits. Throws what `apply` rejects with. */
  applyAtOnce(frames: readonly ToApply[]): void {
    runThrough(this.#transaction(frames));
    this.#tidy();
  }

  /** A write beside frames that must not be lost: in a transaction of its own, behind what waits. */
  beside(write: () => void): Promise<void> {
    this.#waiting++;
    const done = this.#writeBeside(this.#tail, write).finally(() => this.#waiting--);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #writeBeside(before: Promise<void>, write: () => void): Promise<void> {
    await before;
    this.#assertOpen();
    this.#options.transactions.alone(write);
  }

  /** What is queued is rejected; a transaction that is open ends with the connection. */
  close(): void {
    this.#isClosed = true;
  }

  #applyNow(frames: readonly ToApply[]): Promise<void> {
    try {
      this.applyAtOnce(frames);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #applyInTurns(frames: readonly ToApply[]): Promise<void> {
    const { clock, checkpoints } = this.#options;
    for (const batch of batchesOf(frames)) {
      await checkpoints.room();
      for (const steps = this.#transaction(batch); !steps.next().done;) await clock.yieldTurn();
      await clock.yieldTurn();
      if (!this.#isClosed) this.#tidy();
    }
  }

  /** One transaction; yields where a turn of the event loop may end. */
  *#transaction(frames: readonly ToApply[]): Generator<void, void, undefined> {
    const first = this.#firstDue(frames);
    if (first === null) return;
    const { transactions } = this.#options;
    this.#assertUsable(first);
    transactions.begin();
    try {
      const last = yield* this.#write(frames);
      transactions.commit(last);
      this.#reached = last;
      this.#missing = null;
    } catch (error) {
      this.#missing = Math.min(first, this.#missing ?? first);
      this.#options.tables.texts.forget();
      if (!this.#isClosed) transactions.rollback();
      throw error;
    }
    while (!this.#isClosed && transactions.writeAside()) yield;
  }

  /** Returns the seq reached. */
  *#write(frames: readonly ToApply[]): Generator<void, Seq, undefined> {
    let reached = this.#reached;
    let [rows, bytes] = [0, 0];
    for (const toApply of frames) {
      const { entries, origin } = toApply.frame;
      const due = entries.filter(({ seq }) => seq > reached);
      const first = entries[0]?.seq ?? reached;
      if (due.length > 0) this.#options.tables.events.insertSet(first, lastSeqOf(toApply.frame), origin);
      for (const entry of due) {
        applyEntry(this.#options.tables, toApply, first, entry);
        reached = entry.seq;
        bytes += entry.size;
        if (++rows < TURN_ROWS && bytes < TURN_BYTES) continue;
        [rows, bytes] = [0, 0];
        yield;
        this.#assertOpen();
      }
    }
    return reached;
  }

  #firstDue(frames: readonly ToApply[]): Seq | null {
    for (const { frame } of frames) {
      const entry = frame.entries.find(({ seq }) => seq > this.#reached);
      if (entry) return entry.seq;
    }
    return null;
  }

  #assertUsable(first: Seq): void {
    this.#assertOpen();
    if (this.#missing === null || first <= this.#missing) return;
    throw new CatalogError('behind', `seq ${this.#missing} could not be applied; ${first} has to wait for it`);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new CatalogError('closed', 'the catalog was closed while frames were being applied');
  }

  /** Work that may be put off. The frames are applied: a full disk is told to whoever applies the next ones. */
  #tidy(): void {
    try {
      const { merging, checkpoints, tables } = this.#options;
      merging.committed(tables.texts.takeAdded());
      checkpoints.begin();
    } catch (error) {
      if (!(error instanceof CatalogError) || error.failure !== 'full') throw error;
    }
  }
}

/** Done before the caller goes on; larger ones than a turn takes on alone are done in turns of their own. */
const isQuick = (frames: readonly ToApply[]): boolean =>
  rowsOf(frames) <= TURN_ROWS && bytesOf(frames) <= 2 * TURN_BYTES;

function runThrough(steps: Generator<void, void, undefined>): void {
  while (!steps.next().done);
}

/** Splits at frame borders into transactions of `TRANSACTION_ROWS`. */
function* batchesOf(frames: readonly ToApply[]): Generator<ToApply[], void, undefined> {
  let batch: ToApply[] = [];
  let rows = 0;
  for (const toApply of frames) {
    batch.push(toApply);
    rows += toApply.frame.entries.length;
    if (rows < TRANSACTION_ROWS) continue;
    yield batch;
    [batch, rows] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

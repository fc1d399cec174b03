/**
 * The one way into history: draft -> log (synced) -> files swapped -> catalog -> announced. Frames become visible in the
 * order of their seqs, whatever the order in which callers come back.
 *
 *   record() --append--> log --synced--> settle (swap; may fail: abort frame) --> apply queue --> catalog --> announced
 */
import type { DraftFrame, EventFrame, LoggedEntry, Seq } from '../core/events.ts';
import type { Catalog, DocumentContent, Seen, ToApply } from '../catalog/types.ts';
import type { EventLog } from '../events/types.ts';
import { WakeUp } from '../util/wake-up.ts';

type EventDraft = Extract<DraftFrame, { type: 'events' }>;

export interface RecordOptions {
  /** What was seen on disk, per path, at the time the frame is applied. */
  readonly seen?: (path: string) => Seen | undefined;
  /** Content of the valid documents among the entries. */
  readonly content: (path: string) => DocumentContent;
  /**
   * Puts the files in place, synchronously, once the frame is synced. A throw takes the frame back: an abort frame is synced
   * and the error is the caller's. Must leave the files as they were when it throws.
   */
  readonly place?: () => void;
}

interface Pending {
  readonly toApply: ToApply;
  readonly applied: PromiseWithResolvers<void>;
}

export class Recorder {
  readonly #log: EventLog;
  readonly #catalog: Catalog;
  readonly #retryDelay: () => Promise<void>;
  readonly announced = new WakeUp();
  #queue: Pending[] = [];
  #draining = false;
  #announcedSeq: Seq;
  #backlogError: Error | null = null;

  constructor(options: { log: EventLog; catalog: Catalog; retryDelay: () => Promise<void> }) {
    this.#log = options.log;
    this.#catalog = options.catalog;
    this.#retryDelay = options.retryDelay;
    this.#announcedSeq = options.catalog.reached;
  }

  /** Newest seq that every reader may know. */
  get announcedSeq(): Seq {
    return this.#announcedSeq;
  }

  /** After a replay: everything applied may be known. */
  caughtUp(): void {
    this.#announcedSeq = this.#catalog.reached;
  }

  /** Why the catalog does not keep up just now, or null. */
  get trouble(): Error | null {
    return this.#backlogError;
  }

  /** Resolves with the frame once it is synced, placed, applied and announced. */
  async record(draft: EventDraft, options: RecordOptions): Promise<EventFrame> {
    const { frame, synced } = this.#log.append(draft);
    if (frame.type !== 'events') throw new TypeError('an event draft became another frame');
    await synced;
    await this.#place(frame, options.place);
    const content = (entry: LoggedEntry): DocumentContent => options.content(entry.path);
    await this.#apply({ frame, content, seen: options.seen ?? (() => undefined) });
    return frame;
  }

  async #place(frame: EventFrame, place: (() => void) | undefined): Promise<void> {
    if (!place) return;
    try {
      place();
    } catch (error) {
      const abort = this.#log.append({ type: 'abort', seqs: frame.entries.map((entry) => entry.seq) });
      await abort.synced;
      throw error;
    }
  }

  #apply(toApply: ToApply): Promise<void> {
    const applied = Promise.withResolvers<void>();
    this.#queue.push({ toApply, applied });
    if (!this.#draining) void this.#drain();
    return applied.promise;
  }

  /** Takes everything that a group commit released at once, so that it shares one catalog transaction. */
  async #drain(): Promise<void> {
    this.#draining = true;
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      await this.#applyUntilDone(batch.map((pending) => pending.toApply));
      this.#announcedSeq = Math.max(this.#announcedSeq, ...batch.map((pending) => lastSeqOf(pending.toApply.frame)));
      for (const pending of batch) pending.applied.resolve();
      this.announced.ring();
    }
    this.#draining = false;
  }

  /** The frames are history already: a catalog that cannot take them (disk full) is tried again until it can. */
  async #applyUntilDone(frames: ToApply[]): Promise<void> {
    for (;;) {
      try {
        await this.#catalog.apply(frames);
        this.#backlogError = null;
        return;
      } catch (error) {
        this.#backlogError = error instanceof Error ? error : new Error(String(error));
        await this.#retryDelay();
      }
    }
  }
}

const lastSeqOf = (frame: EventFrame): Seq => frame.entries.at(-1)?.seq ?? 0;

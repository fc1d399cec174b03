/**
 * The one way into history: draft -> log (synced) -> files swapped -> catalog -> announced. Each frame takes its turn when it is
 * appended, and turns are taken in that order, which is the order of the seqs: whatever takes long for one frame (an abort that
 * waits for its sync) holds up all behind it, because the catalog never goes back to a seq that it has passed.
 *
 *   record() --append--> waiting --synced--> placed --> applied --> announced
 *                           |                  |
 *                        refused            failed --> abort frame synced --> refused
 *                                              |
 *                                              +--> abort refused too --> in doubt, with all behind --> abort owed
 *
 * What is in doubt is in the log, but neither applied nor announced; its paths take no writes. The abort that it is owed goes
 * before anything else that is appended, so that no follower ever sees a later event without it.
 */
import { lastSeqOf, type DraftFrame, type EventFrame, type LoggedEntry, type Seq } from '../core/events.ts';
import type { BlobStore } from '../blobs/types.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Catalog, DerivedProblem, DocumentContent, Seen, ToApply } from '../catalog/types.ts';
import type { EventLog } from '../events/types.ts';
import { WakeUp } from '../util/wake-up.ts';
import { BlobNames } from './blob-names.ts';
import { Doubts } from './doubts.ts';
import { KeepingUp } from './keeping-up.ts';
import { isOutcomeUnknown } from './refusals.ts';

type EventDraft = Extract<DraftFrame, { type: 'events' }>;

export interface RecordOptions {
  /** What was seen on disk, per path, at the time the frame is applied. */
  readonly seen?: (path: string) => Seen | undefined;
  /** What is to be said of the bytes that are served from now on, per path; null: what is said already. */
  readonly derived?: (path: string) => readonly DerivedProblem[] | null;
  /** Content of the valid documents among the entries. */
  readonly content: (path: string) => DocumentContent;
  /**
   * Puts the files in place once the frame is synced; later frames wait. A throw takes the frame back: an abort frame is synced
   * and the error is the caller's. Must leave the files as they were when it throws.
   */
  readonly place?: (frame: EventFrame) => Promise<void> | void;
}

interface Turn {
  state: 'waiting' | 'synced' | 'refused';
  /** A frame before it is in doubt: it must not become known before that one is taken back. */
  isDoubtful: boolean;
  readonly frame: EventFrame;
  readonly options: RecordOptions;
  readonly done: PromiseWithResolvers<void>;
}

/** The abort that frames in doubt are owed, on its way to the disk. */
interface AbortTurn {
  state: Turn['state'];
  readonly seqs: readonly Seq[];
}

export interface RecorderOptions {
  readonly log: EventLog;
  readonly catalog: Catalog;
  readonly blobs: Pick<BlobStore, 'has'>;
  readonly retryDelay: () => Promise<void>;
  /** False in a harness alone: then what failed after its sync comes back at the next start. */
  readonly aborts?: boolean;
}

export class Recorder {
  readonly #log: EventLog;
  readonly #keepingUp: KeepingUp;
  readonly #naming: BlobNames;
  readonly #retryDelay: () => Promise<void>;
  readonly #aborts: boolean;
  readonly announced = new WakeUp();
  /** In the order of the log. */
  #turns: (Turn | AbortTurn)[] = [];
  #isRunning = false;
  #logError: LarderError | null = null;
  readonly #doubts: Doubts;

  constructor(options: RecorderOptions) {
    this.#log = options.log;
    this.#keepingUp = new KeepingUp({ ...options, onCaughtUp: () => this.announced.ring() });
    this.#naming = new BlobNames(options.blobs);
    this.#retryDelay = options.retryDelay;
    this.#aborts = options.aborts ?? true;
    this.#doubts = new Doubts(options.log);
  }

  /** Newest seq that every reader may know. */
  get announcedSeq(): Seq {
    return this.#keepingUp.reachedSeq;
  }

  /** After a replay: everything applied may be known. */
  caughtUp(): void {
    this.#keepingUp.caughtUp();
  }

  /** Why the catalog does not keep up just now, or null. */
  get trouble(): Error | null {
    return this.#keepingUp.trouble;
  }

  /** Why the log took nothing when it was last asked, or null. */
  get logTrouble(): LarderError | null {
    return this.#logError;
  }

  /** Whether a write to this path failed and could not be taken back from the log yet. */
  isInDoubt(path: string): boolean {
    return this.#doubts.has(path);
  }

  get hasDoubts(): boolean {
    return !this.#doubts.isEmpty;
  }

  /**
   * Runs it when every outcome that is unknown now is known: what the disk refused without taking it back is cut off by the next frame
   * that it takes, and what it took is taken back by its abort. Never, where only the next start finds out.
   */
  onceCertain(run: () => void): void {
    this.#doubts.onceCertain(run);
  }

  /** It takes frames again: what it refused before is cut off. */
  #logTook(): void {
    this.#logError = null;
    this.#doubts.tellCertain();
  }

  /**
   * Resolves with the frame once it is synced, placed, applied and announced; when only the catalog has no room for it, as soon
   * as it is placed. Rejects with what refused it, `outcome: unknown` where even the refusal could not be recorded.
   */
  async record(draft: EventDraft, options: RecordOptions): Promise<EventFrame> {
    const preparing = this.#log.prepare(draft);
    const prepared = preparing ? await preparing : undefined;
    this.refuseBehind();
    this.#naming.refuseMissing(draft);
    this.#payOwed();
    const { frame, synced } = this.#log.append(draft, prepared);
    if (frame.type !== 'events') throw new TypeError('an event draft became another frame');
    this.#naming.begin(frame);
    const turn: Turn = {
      state: 'waiting',
      isDoubtful: false,
      frame,
      options,
      done: Promise.withResolvers<void>(),
    };
    this.#take(turn, synced, (error) => turn.done.reject(error));
    try {
      await turn.done.promise;
    } catch (error) {
      if (isOutcomeUnknown(error)) this.onceCertain(() => this.#naming.end(frame));
      else this.#naming.end(frame);
      throw error;
    }
    return frame;
  }

  /** Whether a frame that names a blob is on its way; until the catalog knows it nobody else does. */
  isNaming(digest: Digest): boolean {
    return this.#naming.has(digest);
  }

  /** Asks the log whether it takes anything again: a frame that says what is known already. Rejects as an append does. */
  async probe(): Promise<void> {
    const { synced } = this.#log.append({ type: 'checkpoint', upTo: this.#log.checkpoint });
    await synced;
    this.#logTook();
  }

  /** Throws while the catalog does not know all that is recorded. */
  refuseBehind(): void {
    this.#keepingUp.refuseBehind();
  }

  #take(turn: Turn | AbortTurn, synced: Promise<void>, onRefused: (error: LarderError) => void): void {
    this.#turns.push(turn);
    void this.#await(turn, synced, onRefused);
  }

  async #await(turn: Turn | AbortTurn, synced: Promise<void>, onRefused: (error: LarderError) => void): Promise<void> {
    try {
      await synced;
      turn.state = 'synced';
      this.#logTook();
    } catch (error) {
      turn.state = 'refused';
      this.#logError = error as LarderError;
      onRefused(error as LarderError);
    }
    if (!this.#isRunning) await this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve();
    // Asked in the turn that says that nobody runs any more: what is synced after it starts anew.
    while (this.#isDue()) {
      const standing = await this.#placeDue();
      if (standing.length > 0) await this.#apply(standing);
    }
    this.#isRunning = false;
  }

  #isDue(): boolean {
    return this.#turns[0] !== undefined && this.#turns[0].state !== 'waiting';
  }

  /** Takes all turns that a group commit released at once, so that they share one catalog transaction. */
  async #placeDue(): Promise<Turn[]> {
    const standing: Turn[] = [];
    for (let turn = this.#next(); turn !== undefined; turn = this.#next()) {
      if ('seqs' in turn) this.#doubts.paid(turn.seqs);
      else if (await this.#place(turn)) standing.push(turn);
    }
    return standing;
  }

  /** The turn at the head of the queue, once it waits for nothing any more. */
  #next(): Turn | AbortTurn | undefined {
    while (this.#turns[0]?.state === 'refused') this.#turns.shift();
    return this.#turns[0]?.state === 'synced' ? this.#turns.shift() : undefined;
  }

  async #place(turn: Turn): Promise<boolean> {
    if (turn.isDoubtful) {
      this.#doubt(turn, new Error('an earlier write could not be taken back'));
      return false;
    }
    try {
      await turn.options.place?.(turn.frame);
      return true;
    } catch (error) {
      await this.#takeBack(turn, error);
      return false;
    }
  }

  /** The error is the caller's only when no later start can find the frame. */
  async #takeBack(turn: Turn, error: unknown): Promise<void> {
    try {
      if (this.#aborts) await this.#log.append({ type: 'abort', seqs: seqsOf(turn.frame) }).synced;
      turn.done.reject(error);
    } catch (refusal) {
      if (refusal instanceof LarderError) this.#logError = refusal;
      for (const later of this.#turns) if ('frame' in later) later.isDoubtful = true;
      this.#doubt(turn, error);
      void this.#payLater();
    }
  }

  #doubt({ frame, done }: Turn, cause: unknown): void {
    this.#doubts.add(frame);
    const detail = 'the write failed, and the log takes nothing to say so; until it does the document takes no writes';
    done.reject(new LarderError('log_unwritable', detail, { cause, members: { outcome: 'unknown' } }));
  }

  #payOwed(): void {
    const payment = this.#doubts.pay();
    if (!payment) return;
    this.#take({ state: 'waiting', seqs: payment.seqs }, payment.synced, () => this.#doubts.refused());
  }

  async #payLater(): Promise<void> {
    while (!this.#doubts.isEmpty) {
      await this.#retryDelay();
      try {
        this.#payOwed();
      } catch (error) {
        if (error instanceof LarderError && error.code === 'stopping') return;
      }
    }
  }

  async #apply(turns: readonly Turn[]): Promise<void> {
    const release = (): void => turns.forEach(({ done }) => done.resolve());
    await this.#keepingUp.take(turns.map(toApplyOf), Math.max(...turns.map(({ frame }) => lastSeqOf(frame))), release);
    for (const { frame } of turns) this.#naming.end(frame);
    release();
    this.announced.ring();
  }
}

const toApplyOf = ({ frame, options }: Turn): ToApply => ({
  frame,
  content: (entry: LoggedEntry): DocumentContent => options.content(entry.path),
  seen: options.seen ?? (() => undefined),
  ...(options.derived && { derived: options.derived }),
});

const seqsOf = (frame: EventFrame): Seq[] => frame.entries.map(({ seq }) => seq);

/**
 * What waits for the disk to take it: changes found in the tree that the log has no room for, and recorded versions that could
 * not be put in place. Reads go on meanwhile; every second the disk is asked again, and when it takes something all that
 * waits is settled, without a restart (DESIGN 3.6).
 */
import type { Digest } from '../core/digest.ts';
import type { LarderError } from '../core/errors.ts';
import type { Seq } from '../core/events.ts';
import type { Clock, Timer } from '../host/ports.ts';
import type { Unplaced } from './redo-candidates.ts';

const RETRY_MS = 1000;
const BATCH = 100;
/** Beyond this many paths a rescan finds the rest again. */
const MOST_PATHS = 10_000;

export interface BacklogOptions {
  readonly clock: Clock;
  /** Rejects as long as the disk takes nothing. */
  readonly probe: () => Promise<void>;
  /** Settles the paths; those that still cannot be recorded are noted again. */
  readonly settle: (paths: readonly string[]) => Promise<void>;
  readonly rescan: () => void;
  readonly onFailure: (error: unknown) => void;
  readonly onChange: (reason: LarderError | null) => void;
}

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #unrecorded = new Set<string>();
  readonly #unplaced = new Map<string, Unplaced>();
  #forgotSome = false;
  #reason: LarderError | null = null;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** What the disk answered last; null while it takes everything. */
  get reason(): LarderError | null {
    return this.#reason;
  }

  get hasUnrecorded(): boolean {
    return this.#unrecorded.size > 0 || this.#forgotSome;
  }

  isUnrecorded(path: string): boolean {
    return this.#unrecorded.has(path);
  }

  /** The recorded version of a path that is not in place yet. */
  unplaced(path: string): Unplaced | undefined {
    return this.#unplaced.get(path);
  }

  /** Whether these bytes are waited for: they may be kept in a temp file alone. */
  awaits(digest: Digest): boolean {
    return [...this.#unplaced.values()].some(({ bytes }) => bytes?.digest === digest);
  }

  /** Redo must find these again after a crash: a checkpoint stays before them. */
  get settledUpTo(): Seq {
    let oldest = Number.MAX_SAFE_INTEGER;
    for (const { seq } of this.#unplaced.values()) oldest = Math.min(oldest, seq);
    return oldest === Number.MAX_SAFE_INTEGER ? oldest : oldest - 1;
  }

  noteUnrecorded(paths: Iterable<string>, reason: LarderError): void {
    for (const path of paths) {
      if (this.#unrecorded.size < MOST_PATHS) this.#unrecorded.add(path);
      else this.#forgotSome = true;
    }
    this.noteRefusal(reason);
  }

  noteUnplaced(one: Unplaced, reason: LarderError): void {
    this.#unplaced.set(one.path, one);
    this.noteRefusal(reason);
  }

  /** A write that was refused leaves nothing behind, but says that the disk takes nothing. */
  noteRefusal(reason: LarderError): void {
    if (this.#reason === null) this.#options.onChange(reason);
    this.#reason = reason;
    this.#arm();
  }

  recorded(path: string): void {
    this.#unrecorded.delete(path);
  }

  placed(path: string): void {
    this.#unplaced.delete(path);
  }

  /** Waits for what is being settled: it puts files in place. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #arm(): void {
    if (this.#timer || this.#isClosed) return;
    this.#timer = this.#options.clock.after(RETRY_MS, () => {
      this.#timer = null;
      this.#running = this.#retry();
    });
  }

  async #retry(): Promise<void> {
    const isTaken = await this.#tryAll();
    if (this.#isClosed) return;
    if (!isTaken) return this.#arm();
    this.#reason = null;
    this.#options.onChange(null);
    if (this.#forgotSome) this.#options.rescan();
    this.#forgotSome = false;
  }

  async #tryAll(): Promise<boolean> {
    try {
      await this.#options.probe();
    } catch {
      // The reason is known.
      return false;
    }
    try {
      return await this.#settleAll();
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  /** Until one batch leaves something behind: then the disk is full again. */
  async #settleAll(): Promise<boolean> {
    const waiting = [...new Set([...this.#unplaced.keys(), ...this.#unrecorded])];
    for (let start = 0; start < waiting.length && !this.#isClosed; start += BATCH) {
      const batch = waiting.slice(start, start + BATCH);
      for (const path of batch) this.#unrecorded.delete(path);
      await this.#options.settle(batch);
      if (batch.some((path) => this.#unrecorded.has(path))) return false;
    }
    return this.#unrecorded.size + this.#unplaced.size === 0;
  }
}

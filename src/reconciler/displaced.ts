/**
 * Files that a swap brought out of the tree. They stay in `.larder/tmp` until they were unchanged for a while and nobody has them open
 * for writing any more, because an editor that opened one earlier saves into it: what it saves then is rescued as a version of its
 * own (DESIGN 4).
 */
import { isRacy, statKeyOf, timesIn, type StatKey } from '../core/stat-key.ts';
import type { Seq } from '../core/events.ts';
import { paceOf, type Pace } from '../host/pace.ts';
import type { Clock, FileStat, FileSystem, Timer } from '../host/ports.ts';

const QUIET_MS = 2000;
/** A program may keep a file open for days: a checkpoint does not wait that long. */
const LONGEST_HELD_UP_MS = 60_000;
/** Looks that fall due together are made together: a busy daemon displaces a file with each write. */
const GATHER_MS = 50;
/** Removals under way at once: one alone may take milliseconds, and a write is quicker than that. */
const MOST_REMOVALS = 8;

interface Waiting {
  /** Absolute path in `.larder/tmp`. */
  readonly file: string;
  /** The document's path below the root. */
  readonly path: string;
  readonly seq: Seq;
  /** How it was when its bytes were last known to be kept; null when they are not. */
  key: StatKey | null;
  dueMs: number;
  readonly sinceMs: number;
  isOpen: boolean;
  isLeaving: boolean;
}

export interface DisplacedOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Records the bytes of the file as a rescued version of the path, unless they are known already. */
  readonly rescue: (file: string, path: string) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class Displaced {
  readonly #options: DisplacedOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #pace: Pace;
  #timer: Timer | null = null;
  /** Looks, one after the other. */
  #running: Promise<void> = Promise.resolve();
  readonly #removals = new Set<Promise<void>>();

  constructor(options: DisplacedOptions) {
    this.#options = options;
    this.#pace = paceOf(options.clock);
  }

  /**
   * Checkpoints must not pass what still waits here: start-up finds its path through the log from there on. What is kept open for
   * long is watched all the same, as long as we run.
   */
  get settledUpTo(): Seq {
    let upTo = Number.MAX_SAFE_INTEGER;
    for (const one of this.#waiting) if (!this.#isKeptOpen(one)) upTo = Math.min(upTo, one.seq - 1);
    return upTo;
  }

  /** `known`: what the file is as long as it holds what the log knows; null: it is rescued at once. */
  add(file: string, path: string, seq: Seq, known: StatKey | null): void {
    const key = known !== null && this.#isTelling(timesIn(known)) ? known : null;
    const nowMs = this.#options.clock.monotonicMs();
    const one = { file, path, seq, key, dueMs: nowMs + QUIET_MS, sinceMs: nowMs, isOpen: false, isLeaving: false };
    this.#waiting.add(one);
    if (known === null) this.#enqueue(() => this.#keep(one));
    this.#arm();
  }

  /**
   * Looks at everything now, as an orderly stop does. What is still being written to, is open, or cannot be kept, is left for the next
   * start.
   */
  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const one of this.#waiting) this.#enqueue(() => this.#lookAt(one));
    await this.#running;
    await Promise.all(this.#removals);
  }

  #arm(): void {
    if (this.#timer || this.#waiting.size === 0) return;
    let dueMs = Infinity;
    for (const one of this.#waiting) dueMs = Math.min(dueMs, one.dueMs);
    const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs()) + GATHER_MS;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      this.#lookAtDue();
    });
  }

  #lookAtDue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const one of this.#waiting) {
      if (one.dueMs > nowMs) continue;
      // Whatever becomes of this look, the next is not before.
      one.dueMs = nowMs + QUIET_MS;
      this.#enqueue(() => this.#lookAt(one));
    }
    this.#arm();
  }

  async #lookAt(one: Waiting): Promise<void> {
    await this.#pace();
    if (one.isLeaving) return;
    const stat = this.#options.fs.lstat(one.file);
    if (!stat) return void this.#waiting.delete(one);
    const isUnchanged = statKeyOf(stat) === one.key;
    // Somebody saves into it just now, perhaps once more: it is looked at again, by the next start if need be.
    if (!isUnchanged) return this.#keep(one);
    one.isOpen = this.#isOpenForWriting(one.file);
    if (one.isOpen) return;
    const removal = this.#remove(one).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    if (this.#removals.size >= MOST_REMOVALS) await Promise.race(this.#removals);
  }

  #isKeptOpen({ key, isOpen, sinceMs }: Waiting): boolean {
    return isOpen && key !== null && this.#options.clock.monotonicMs() - sinceMs > LONGEST_HELD_UP_MS;
  }

  /** Where that cannot be found out, a file that was quiet for long enough goes. */
  #isOpenForWriting(file: string): boolean {
    try {
      return this.#options.fs.isOpenForWriting?.(file) ?? false;
    } catch {
      return false;
    }
  }

  /** One for each write of a busy daemon: done on the event loop they were a fifth of its time. */
  async #remove(one: Waiting): Promise<void> {
    const { fs, onFailure } = this.#options;
    one.isLeaving = true;
    try {
      if (fs.remove) await fs.remove(one.file);
      else fs.unlink(one.file);
      this.#waiting.delete(one);
    } catch (error) {
      one.isLeaving = false;
      onFailure(error);
    }
  }

  /** The stat comes first: what is saved after it makes the next look find another. */
  async #keep(one: Waiting): Promise<void> {
    const stat = this.#options.fs.lstat(one.file);
    if (!stat) return;
    const key = this.#isTelling(stat) ? statKeyOf(stat) : null;
    await this.#options.rescue(one.file, one.path);
    one.key = key;
  }

  /**
   * False where a later save may leave the same stat identity: then the next look reads once more. Where the bytes are older than
   * the last change of anything else, the swap that brought the file out as a rule, a save moves their time at least to there.
   */
  #isTelling({ mtimeNs, ctimeNs }: Pick<FileStat, 'mtimeNs' | 'ctimeNs'>): boolean {
    return mtimeNs < ctimeNs || !isRacy(mtimeNs, this.#options.clock.nowNs());
  }

  #enqueue(work: () => Promise<void>): void {
    this.#running = this.#running.then(work).catch(this.#options.onFailure);
  }
}

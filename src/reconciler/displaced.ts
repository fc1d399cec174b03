/**
 * Files that a swap brought out of the tree. They stay in `.larder/tmp` until they were unchanged for a while and nobody has them open
 * for writing any more, because an editor that opened one earlier saves into it: what it saves then is rescued as a version of its
 * own (DESIGN 4).
 */
import { isRacy, statKeyOf, timesIn, type StatKey } from '../core/stat-key.ts';
import type { Seq } from '../core/events.ts';
import { fitnessOf, type Leaving, type Left } from '../files/leaving.ts';
import { paceOf, type Pace } from '../host/pace.ts';
import type { Clock, FileStat, FileSystem, Timer } from '../host/ports.ts';

const QUIET_MS = 2000;
/** A program may keep a file open for days: a checkpoint does not wait that long. */
const LONGEST_HELD_UP_MS = 60_000;
/** Looks that fall due together are made together: a busy daemon displaces a file with each write. */
const GATHER_MS = 50;
/** Removals under way at once: one alone may take milliseconds, and a write is quicker than that. */
const MOST_REMOVALS = 8;
/** From so many on, asking a thread is cheaper; more are asked in pieces. */
const WORTH_A_WORKER = 16;
const MOST_A_CALL = 200;

interface Waiting extends Leaving {
  /** The document's path below the root. */
  readonly path: string;
  readonly seq: Seq;
  key: StatKey | null;
  dueMs: number;
  readonly sinceMs: number;
  isOpen: boolean;
  isLookedAt: boolean;
}

export interface DisplacedOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** As `leaveAll`, away from the event loop; undefined where there is no such thread. */
  readonly leave: ((files: readonly Leaving[]) => Promise<readonly Left[]>) | undefined;
  /** Records the bytes of the file as a rescued version of the path, unless they are known already. */
  readonly rescue: (file: string, path: string) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class Displaced {
  readonly #options: DisplacedOptions;
  /** In the order in which they are due. */
  readonly #waiting = new Set<Waiting>();
  readonly #pace: Pace;
  #timer: Timer | null = null;
  #isClosed = false;
  /** Looks, one after the other. */
  #running: Promise<void> = Promise.resolve();

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
    const one = { file, path, seq, key, dueMs: nowMs + QUIET_MS, sinceMs: nowMs, isOpen: false, isLookedAt: false };
    this.#waiting.add(one);
    if (known === null) this.#enqueue(() => this.#keep(one));
    this.#arm();
  }

  /**
   * Looks at everything now, as an orderly stop does. What is still being written to, is open, or cannot be kept, is left for the next
   * start, which knows what it is unless a checkpoint has passed it.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#lookAtAll([...this.#waiting]);
    await this.#running;
  }

  #arm(): void {
    if (this.#timer || this.#isClosed) return;
    const first = firstWaiting(this.#waiting);
    if (!first) return;
    const delayMs = Math.max(0, first.dueMs - this.#options.clock.monotonicMs()) + GATHER_MS;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      this.#lookAtDue();
    });
  }

  #lookAtDue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const due: Waiting[] = [];
    for (const one of this.#waiting) {
      if (one.isLookedAt) continue;
      if (one.dueMs > nowMs) break;
      due.push(one);
    }
    for (const one of due) one.isLookedAt = true;
    this.#lookAtAll(due);
    this.#arm();
  }

  #lookAtAll(all: readonly Waiting[]): void {
    const { leave } = this.#options;
    const isMany = leave !== undefined && all.length >= WORTH_A_WORKER;
    const atOnce = isMany ? MOST_A_CALL : MOST_REMOVALS;
    for (let start = 0; start < all.length; start += atOnce) {
      const some = all.slice(start, start + atOnce);
      this.#enqueue(() => (isMany ? this.#letGoAway(some, leave) : this.#letGoHere(some)));
    }
  }

  async #letGoAway(some: readonly Waiting[], leave: NonNullable<DisplacedOptions['leave']>): Promise<void> {
    const { onFailure } = this.#options;
    const left = await leave(some.map(({ file, key }) => ({ file, key }))).catch((error: unknown): Left[] => {
      onFailure(error);
      return [];
    });
    for (const [index, one] of some.entries()) await this.#looked(one, () => this.#noteLeft(one, left[index]));
  }

  async #letGoHere(some: readonly Waiting[]): Promise<void> {
    await Promise.all(some.map((one) => this.#looked(one, () => this.#letGo(one))));
  }

  /** What becomes of one file holds up no other. Where it stays, it has to be quiet once more before the next look. */
  async #looked(one: Waiting, look: () => Promise<void>): Promise<void> {
    const { clock, onFailure } = this.#options;
    await look().catch(onFailure);
    one.isLookedAt = false;
    if (!this.#waiting.delete(one)) return;
    one.dueMs = clock.monotonicMs() + QUIET_MS;
    this.#waiting.add(one);
    this.#arm();
  }

  async #letGo(one: Waiting): Promise<void> {
    await this.#pace();
    const { fs } = this.#options;
    const fitness = fitnessOf(fs, one);
    if (fitness !== 'fits') return this.#noteLeft(one, fitness);
    if (fs.remove) await fs.remove(one.file);
    else fs.unlink(one.file);
    this.#waiting.delete(one);
  }

  async #noteLeft(one: Waiting, left: Left | undefined): Promise<void> {
    one.isOpen = left === 'open';
    if (left === 'gone') this.#waiting.delete(one);
    // Somebody saves into it just now, perhaps once more: it is looked at again, by the next start if need be.
    if (left === 'changed') await this.#keep(one);
    if (typeof left === 'object') throw Object.assign(new Error(left.message), { code: left.code });
  }

  #isKeptOpen({ key, isOpen, sinceMs }: Waiting): boolean {
    return isOpen && key !== null && this.#options.clock.monotonicMs() - sinceMs > LONGEST_HELD_UP_MS;
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

function firstWaiting(all: Iterable<Waiting>): Waiting | undefined {
  for (const one of all) if (!one.isLookedAt) return one;
  return undefined;
}

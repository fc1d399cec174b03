/**
 * Files that a swap brought out of the tree. They stay in `.larder/tmp` until they were unchanged for a while, because an
 * editor that opened one earlier saves into it: what it saves then is rescued as a version of its own (DESIGN 4).
 */
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import type { Seq } from '../core/events.ts';
import type { Clock, FileSystem, Timer } from '../host/ports.ts';

const QUIET_MS = 2000;

interface Waiting {
  /** Absolute path in `.larder/tmp`. */
  readonly file: string;
  /** The document's path below the root. */
  readonly path: string;
  readonly seq: Seq;
  readonly key: StatKey | null;
  readonly dueMs: number;
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
  /** In the order of their due times, because all wait equally long. */
  #waiting: Waiting[] = [];
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DisplacedOptions) {
    this.#options = options;
  }

  /** Checkpoints must not pass what still waits here: start-up finds its path through the log from there on. */
  get settledUpTo(): Seq {
    return this.#waiting.reduce((least, { seq }) => Math.min(least, seq - 1), Number.MAX_SAFE_INTEGER);
  }

  /** `known`: what the file is as long as it holds what the log knows; null: it is rescued at once. */
  add(file: string, path: string, seq: Seq, known: StatKey | null): void {
    this.#waiting.push({ file, path, seq, key: known, dueMs: this.#options.clock.monotonicMs() + QUIET_MS });
    if (known === null) this.#enqueue(() => this.#options.rescue(file, path));
    this.#arm();
  }

  /** Looks at everything now, as an orderly stop does. Files that may still be written to are left for the next start. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#enqueue(() => this.#lookAt(this.#waiting.splice(0), false));
    await this.#running;
  }

  #arm(): void {
    const first = this.#waiting[0];
    if (this.#timer || !first) return;
    const delayMs = Math.max(0, first.dueMs - this.#options.clock.monotonicMs());
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      this.#enqueue(() => this.#lookAtDue());
    });
  }

  async #lookAtDue(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const due = this.#waiting.filter((one) => one.dueMs <= nowMs);
    this.#waiting = this.#waiting.filter((one) => one.dueMs > nowMs);
    await this.#lookAt(due, true);
    this.#arm();
  }

  async #lookAt(due: readonly Waiting[], mayWaitMore: boolean): Promise<void> {
    for (const one of due) {
      try {
        await this.#lookAtOne(one, mayWaitMore);
      } catch (error) {
        // The disk refuses: the bytes stay where they are, for a later look or the next start.
        this.#options.onFailure(error);
        if (mayWaitMore) this.#waitMore(one, null);
      }
    }
  }

  async #lookAtOne(one: Waiting, mayWaitMore: boolean): Promise<void> {
    const { fs, rescue } = this.#options;
    const stat = fs.lstat(one.file);
    if (!stat) return;
    const key = statKeyOf(stat);
    if (key !== one.key) await rescue(one.file, one.path);
    if (key === one.key || !mayWaitMore) fs.unlink(one.file);
    else this.#waitMore(one, key);
  }

  #waitMore(one: Waiting, key: StatKey | null): void {
    this.#waiting.push({ ...one, key, dueMs: this.#options.clock.monotonicMs() + QUIET_MS });
  }

  #enqueue(work: () => Promise<void>): void {
    this.#running = this.#running.then(work).catch(this.#options.onFailure);
  }
}

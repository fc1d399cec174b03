/**
 * Empty files without a name, made ahead while many writes come: a new file makes the file system look for a free inode, which
 * takes long right after many were deleted (ext4 without a journal passes over those of the last minute one by one: 0.03 to
 * 0.9 ms), and every write here deletes one. Nobody else waits for that: the directory is not locked meanwhile, and a crash
 * leaves nothing behind.
 */
import { attempt } from '../host/durable-files.ts';
import type { Clock, FileSystem, Timer } from '../host/ports.ts';

/** Enough for some ten milliseconds of a busy daemon; made by the batch, because a thread is asked at the price of a write. */
const MOST = 64;
const BATCH = 32;
/** Writes that come closer to each other than this are many, once so many did. */
const DENSE_MS = 100;
const DENSE_WRITES = 16;
const IDLE_MS = 5000;

export interface SparesOptions {
  readonly fs: Pick<FileSystem, 'name' | 'close'>;
  readonly clock: Clock;
  /** Opens some, away from the event loop (bulk.ts); undefined where there is no such thread. */
  readonly openNameless: ((count: number, permissions: number) => Promise<readonly number[]>) | undefined;
}

export class Spares {
  readonly #options: SparesOptions;
  readonly #ready: number[] = [];
  #opening: Promise<void> | null = null;
  #dense = 0;
  #askedMs = -Infinity;
  /** Whatever refused one, the write that creates its file itself meets it too, and says so. */
  #restsUntilMs = -Infinity;
  #idle: Timer | null = null;
  #isClosed = false;

  constructor(options: SparesOptions) {
    this.#options = options;
  }

  /** An empty file under this absolute path, open for writing; undefined where there is none yet: then it is to be created. */
  take(file: string, permissions: number): number | undefined {
    const { fs } = this.#options;
    const fd = this.#ready.shift();
    try {
      if (fd !== undefined) fs.name?.(fd, file);
      this.#expectMore(permissions);
      return fd;
    } catch {
      // None of the others would take a name.
      if (fd !== undefined) this.#drop(fd);
      this.#dropAll();
      this.#rest();
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dropAll();
    await this.#opening;
  }

  #expectMore(permissions: number): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#dense = nowMs - this.#askedMs < DENSE_MS ? this.#dense + 1 : 0;
    this.#askedMs = nowMs;
    if (this.#dense < DENSE_WRITES || this.#isClosed || nowMs < this.#restsUntilMs) return;
    if (this.#opening === null && this.#ready.length <= MOST - BATCH) this.#open(permissions);
    this.#idle ??= clock.after(IDLE_MS, () => this.#dropIfIdle());
  }

  #open(permissions: number): void {
    const { openNameless } = this.#options;
    if (!openNameless) return;
    this.#opening = openNameless(BATCH, permissions)
      .then(
        (fds) => this.#opened(fds),
        () => this.#rest(),
      )
      .finally(() => (this.#opening = null));
  }

  #opened(fds: readonly number[]): void {
    if (this.#isClosed) return fds.forEach((fd) => this.#drop(fd));
    this.#ready.push(...fds);
    this.#idle ??= this.#options.clock.after(IDLE_MS, () => this.#dropIfIdle());
    if (fds.length < BATCH) this.#rest();
  }

  #rest(): void {
    this.#dense = 0;
    this.#restsUntilMs = this.#options.clock.monotonicMs() + IDLE_MS;
  }

  #dropIfIdle(): void {
    const { clock } = this.#options;
    this.#idle = null;
    if (clock.monotonicMs() - this.#askedMs >= IDLE_MS) this.#dropAll();
    else this.#idle = clock.after(IDLE_MS, () => this.#dropIfIdle());
  }

  #dropAll(): void {
    this.#idle?.cancel();
    [this.#idle, this.#dense] = [null, 0];
    for (const fd of this.#ready.splice(0)) this.#drop(fd);
  }

  #drop(fd: number): void {
    attempt(() => this.#options.fs.close(fd));
  }
}

export interface SparesAsked {
  /** Absolute path of `.larder/tmp`. */
  readonly tmp: string;
  readonly permissions: number;
  /** Takes each as soon as it is open; -1 where there is none yet. In memory that threads share: one may die in the middle. */
  readonly opened: Int32Array;
}

/** As many as the disk gives; fewer say that it gives no more. */
export function openSpares(fs: FileSystem, { tmp, permissions, opened }: SparesAsked): void {
  attempt(() => {
    for (let n = 0; n < opened.length && fs.openNameless; n++) opened[n] = fs.openNameless(tmp, permissions);
  });
}

/**
 * What another thread opens, and closes what one opened that died before it was done. `ask` begins anew with another `opened` where the
 * work is given to another thread, and settles when no thread is at it any more.
 */
export async function openElsewhere(
  { close }: Pick<FileSystem, 'close'>,
  count: number,
  ask: (next: () => Int32Array) => Promise<unknown>,
): Promise<readonly number[]> {
  const attempts: Int32Array[] = [];
  try {
    await ask(() => {
      const opened = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT)).fill(NONE);
      attempts.push(opened);
      return opened;
    });
    return openedIn(attempts.pop());
  } finally {
    for (const fd of attempts.flatMap(openedIn)) attempt(() => close(fd));
  }
}

const NONE = -1;

const openedIn = (opened: Int32Array | undefined): number[] => [...(opened ?? [])].filter((fd) => fd !== NONE);

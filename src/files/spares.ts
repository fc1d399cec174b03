/**
 * Empty files without a name, made ahead while many writes come: a new file makes the file system look for a free inode, which
 * takes long right after many were deleted (ext4 without a journal passes over those of the last minute one by one: 0.03 to
 * 0.9 ms), and every write here deletes one. Nobody else waits for that: the directory is not locked meanwhile, and a crash
 * leaves nothing behind.
 */
import { attempt } from '../host/durable-files.ts';
import type { Clock, FileSystem, Timer } from '../host/ports.ts';

const MOST = 32;
/** Writes that come closer to each other than this are many. */
const DENSE_MS = 100;
const IDLE_MS = 5000;

export interface SparesOptions {
  readonly fs: Pick<FileSystem, 'openNameless' | 'name' | 'close'>;
  readonly clock: Clock;
  /** Absolute path of `.larder/tmp`. */
  readonly tmp: string;
}

export class Spares {
  readonly #options: SparesOptions;
  readonly #ready: number[] = [];
  readonly #opening = new Set<Promise<void>>();
  #wanted = 0;
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
    this.#expectMore(permissions);
    if (fd === undefined) return undefined;
    try {
      fs.name?.(fd, file);
      return fd;
    } catch {
      this.#rest();
      this.#drop(fd);
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dropAll();
    await Promise.all(this.#opening);
  }

  #expectMore(permissions: number): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const isDense = nowMs - this.#askedMs < DENSE_MS;
    this.#askedMs = nowMs;
    if (!isDense || this.#isClosed || nowMs < this.#restsUntilMs) return;
    this.#wanted = Math.min(MOST, this.#wanted + 1);
    while (this.#ready.length + this.#opening.size < this.#wanted && this.#open(permissions));
    this.#idle ??= clock.after(IDLE_MS, () => this.#dropIfIdle());
  }

  #open(permissions: number): boolean {
    const { fs, tmp } = this.#options;
    const opening = fs.openNameless?.(tmp, permissions).then(
      (fd) => this.#opened(fd),
      () => this.#rest(),
    );
    if (!opening) return false;
    this.#opening.add(opening);
    void opening.finally(() => this.#opening.delete(opening));
    return true;
  }

  #opened(fd: number): void {
    if (this.#isClosed) this.#drop(fd);
    else this.#ready.push(fd);
  }

  #rest(): void {
    this.#wanted = 0;
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
    [this.#idle, this.#wanted] = [null, 0];
    for (const fd of this.#ready.splice(0)) this.#drop(fd);
  }

  #drop(fd: number): void {
    attempt(() => this.#options.fs.close(fd));
  }
}

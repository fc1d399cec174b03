/**
 * Moves the point from which redo has to look: once every file changed up to a seq, its directory and the parents of new
 * directories are synced, a checkpoint frame says so. In the background, within a few seconds (DESIGN 4).
 */
import type { EventFrame, Seq } from '../core/events.ts';
import type { Clock, FileSystem, Timer } from '../host/ports.ts';
import type { EventLog } from '../events/types.ts';
import { parentOf } from './places.ts';

const DELAY_MS = 2000;
/** From this many changed files on, one sync of the whole file system is cheaper than a sync for each. */
const SYNC_ALL_FROM = 64;

export interface CheckpointOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly root: string;
  /** Seq up to which displaced files are dealt with too; a checkpoint never goes beyond. */
  readonly settledUpTo: () => Seq;
  readonly onFailure: (error: unknown) => void;
}

export class Checkpoints {
  readonly #options: CheckpointOptions;
  #changed = new Map<string, Seq>();
  #newest: Seq;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#newest = options.events.checkpoint;
  }

  /** Notes what a frame changed on disk; its files are in place. */
  changed(frame: EventFrame): void {
    for (const entry of frame.entries) {
      this.#newest = Math.max(this.#newest, entry.seq);
      if (entry.kind !== null) this.#changed.set(entry.path, entry.seq);
      if (entry.from !== undefined) this.#changed.set(entry.from, entry.seq);
    }
    this.#arm();
  }

  /** Makes a checkpoint now, as an orderly stop does. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#running = this.#running.then(() => this.#write());
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #arm(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = this.#options.clock.after(DELAY_MS, () => void this.flush());
  }

  async #write(): Promise<void> {
    const { events, settledUpTo, onFailure } = this.#options;
    const upTo = Math.min(this.#newest, settledUpTo());
    const due = [...this.#changed].filter(([, seq]) => seq <= upTo);
    if (upTo <= events.checkpoint) return void (this.#changed.size > 0 && this.#arm());
    try {
      await this.#sync(due.map(([path]) => path));
      await events.append({ type: 'checkpoint', upTo }).synced;
      for (const [path, seq] of due) if (this.#changed.get(path) === seq) this.#changed.delete(path);
    } catch (error) {
      onFailure(error);
    }
    if (this.#changed.size > 0) this.#arm();
  }

  async #sync(paths: readonly string[]): Promise<void> {
    const { root } = this.#options;
    if (paths.length >= SYNC_ALL_FROM && (await this.#syncAll(root))) return;
    for (const path of paths) await this.#syncOne(`${root}/${path}`, 'read');
    for (const directory of directoriesOf(paths)) await this.#syncOne(`${root}/${directory}`, 'directory');
  }

  /** False where the kernel has no such call. */
  async #syncAll(root: string): Promise<boolean> {
    try {
      await this.#options.fs.syncAll?.(root);
      return this.#options.fs.syncAll !== undefined;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSYS') return false;
      throw error;
    }
  }

  /** What is gone meanwhile needs no sync of its own: its directory is synced. */
  async #syncOne(path: string, mode: 'read' | 'directory'): Promise<void> {
    const { fs } = this.#options;
    const stat = fs.lstat(path);
    if (stat?.kind !== (mode === 'read' ? 'file' : 'directory')) return;
    const fd = fs.open(path, mode);
    try {
      await fs.fsync(fd);
    } finally {
      fs.close(fd);
    }
  }
}

/** All directories of the paths, up to the root: new ones need their parents synced too. */
function directoriesOf(paths: readonly string[]): Set<string> {
  const directories = new Set<string>(['']);
  for (const path of paths) {
    for (let at = parentOf(path); at !== '' && !directories.has(at); at = parentOf(at)) directories.add(at);
  }
  return directories;
}

/**
 * Moves the point from which redo has to look: once every file changed up to a seq, its directory and the parents of new
 * directories are synced, a checkpoint frame says so. In the background, within a few seconds (DESIGN 4).
 *
 *   changed --2 s--> synced ------------------------------> checkpoint
 *                      |                                       ^
 *                    failed --> suspect --written anew, synced-+     (until then the checkpoint stays before it)
 *
 * After a sync that failed the kernel calls the pages clean: a second sync would report a success that is none. So what is
 * suspect is written anew, into another file, from the log. A deletion cannot be written anew without a file being seen that is gone:
 * its directory is synced again, under a new descriptor. Where the file system has a journal that is enough: a journal that could not
 * be written takes nothing any more, and says so each time (docs/reliability.md).
 */
import { LarderError } from '../core/errors.ts';
import type { EventFrame, Seq } from '../core/events.ts';
import type { Clock, FileStat, FileSystem, Timer } from '../host/ports.ts';
import type { EventLog } from '../events/types.ts';
import { isAtOrBelow, parentOf } from '../core/paths-below.ts';

const DELAY_MS = 2000;
/** Between attempts of a disk that goes on failing. */
const LONGEST_DELAY_MS = 60_000;
/** From this many changed files on, one sync of the whole file system is cheaper than a sync for each. */
const SYNC_ALL_FROM = 64;

/** What was removed there up to a checkpoint must not come back: nobody would know any more what it was. */
const TEMPORARY = '.larder/tmp';

export interface CheckpointOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly root: string;
  /** Throws a LarderError when a directory is another than the one whose files were changed, by what lstat says of it. */
  readonly checkReach: (directory: string, stat: FileStat | undefined) => void;
  /** Seq up to which displaced and unplaced files are dealt with too; a checkpoint never goes beyond. */
  readonly settledUpTo: () => Seq;
  /** Writes the file of a path anew and syncs it. Rejects as long as the disk refuses. */
  readonly renew: (path: string) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class Checkpoints {
  readonly #options: CheckpointOptions;
  /** From the first change that no checkpoint has passed to the last: an earlier seq must not pass while its file may be lost. */
  readonly #changed = new Map<string, { first: Seq; readonly last: Seq }>();
  readonly #suspect = new Set<string>();
  #newest: Seq;
  #timer: Timer | null = null;
  #delayMs = DELAY_MS;
  #trouble: unknown = null;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#newest = options.events.checkpoint;
  }

  /** Why the checkpoint stays where it is, or null. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Notes what a frame changed on disk; its files are in place. */
  changed(frame: EventFrame): void {
    for (const entry of frame.entries) {
      this.#newest = Math.max(this.#newest, entry.seq);
      if (entry.kind !== null || entry.digest !== null) this.#note(entry.path, entry.seq);
      if (entry.from !== undefined) this.#note(entry.from, entry.seq);
    }
    this.#arm();
  }

  #note(path: string, seq: Seq): void {
    this.#changed.set(path, { first: this.#changed.get(path)?.first ?? seq, last: seq });
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
    this.#timer = this.#options.clock.after(this.#delayMs, () => void this.flush());
  }

  async #write(): Promise<void> {
    const { events, settledUpTo } = this.#options;
    const upTo = Math.min(this.#newest, settledUpTo());
    try {
      if (upTo > events.checkpoint) await this.#writeUpTo(upTo);
    } catch (error) {
      this.#failed(error);
    }
    if (this.#changed.size > 0 || events.checkpoint < this.#newest) this.#arm();
  }

  async #writeUpTo(upTo: Seq): Promise<void> {
    const { events } = this.#options;
    const due = new Map([...this.#changed].filter(([, { first }]) => first <= upTo));
    await this.#sync([...due.keys()]);
    // A file that was written anew brought another one out, which is watched first like any that a write brings out.
    const reach = Math.min(upTo, this.#options.settledUpTo());
    const unproven = [...due].flatMap(([path, { first }]) => (this.#suspect.has(path) ? [first] : []));
    const proven = Math.min(reach, ...unproven.map((seq) => seq - 1));
    if (proven > events.checkpoint) await events.append({ type: 'checkpoint', upTo: proven }).synced;
    for (const [path, { last }] of due) if (!this.#suspect.has(path)) this.#synced(path, last, upTo);
    if (unproven.length > 0) return;
    this.#trouble = null;
    this.#delayMs = DELAY_MS;
  }

  /** A file that changed during its sync is due again, from there on. */
  #synced(path: string, last: Seq, upTo: Seq): void {
    const now = this.#changed.get(path);
    if (now?.last === last) this.#changed.delete(path);
    else if (now) now.first = Math.max(now.first, upTo + 1);
  }

  /** Afterwards those of the paths that are not known to be on the disk are suspect. */
  async #sync(paths: readonly string[]): Promise<void> {
    const { root } = this.#options;
    const isSyncedWhole = paths.length >= SYNC_ALL_FROM && (await this.#syncAll(root));
    for (const path of paths) await this.#syncFile(path, isSyncedWhole);
    if (isSyncedWhole && this.#suspect.size === 0) return this.#options.checkReach('', this.#options.fs.lstat(root));
    for (const directory of directoriesOf(paths)) await this.#syncDirectory(directory, paths);
  }

  /** False where the kernel has no such call, or it failed: then each file is asked by itself. */
  async #syncAll(root: string): Promise<boolean> {
    try {
      await this.#options.fs.syncAll?.(root);
      return this.#options.fs.syncAll !== undefined;
    } catch {
      return false;
    }
  }

  async #syncFile(path: string, isSynced: boolean): Promise<void> {
    const isSuspect = this.#suspect.delete(path);
    try {
      if (isSuspect) await this.#options.renew(path);
      else if (!isSynced) await this.#syncOne(path, 'read');
    } catch (error) {
      this.#suspect.add(path);
      this.#failed(error);
    }
  }

  /** Names that could not be synced are given anew, by writing the files anew. */
  async #syncDirectory(directory: string, paths: readonly string[]): Promise<void> {
    try {
      await this.#syncOne(directory, 'directory');
    } catch (error) {
      // Nothing there is known to be gone, or synced.
      if (error instanceof LarderError) throw error;
      for (const path of paths) if (isAtOrBelow(path, directory)) this.#suspect.add(path);
      this.#failed(error);
    }
  }

  /** What is gone meanwhile needs no sync of its own: its directory is synced. */
  async #syncOne(path: string, mode: 'read' | 'directory'): Promise<void> {
    const { fs, root, checkReach } = this.#options;
    const absolute = path === '' ? root : `${root}/${path}`;
    const stat = fs.lstat(absolute);
    const isFound = stat?.kind === (mode === 'read' ? 'file' : 'directory');
    if (mode === 'directory') checkReach(path, stat);
    if (!isFound) return;
    const fd = fs.open(absolute, mode);
    try {
      await fs.fsync(fd);
    } finally {
      fs.close(fd);
    }
  }

  #failed(error: unknown): void {
    if (this.#trouble === null) this.#options.onFailure(error);
    this.#trouble = error;
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** All directories of the paths, up to the root: new ones need their parents synced too. */
function directoriesOf(paths: readonly string[]): Set<string> {
  const directories = new Set<string>(['', TEMPORARY]);
  for (const path of paths) {
    for (let at = parentOf(path); at !== '' && !directories.has(at); at = parentOf(at)) directories.add(at);
  }
  return directories;
}

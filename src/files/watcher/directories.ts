/**
 * One fs.watch a directory. Watched first and listed after, so that nothing made in between is missed; a directory is known
 * by inode and birth time, because a name can come to mean another directory without a sound (swap, rm and mkdir).
 */
import { isIgnoredDirectory } from '../../core/names.ts';
import { parentOf } from '../../core/paths-below.ts';
import type { Clock, FileStat, FileSystem } from '../../host/ports.ts';
import { watchDirectory, type DirectoryWatch } from '../../host/watch-directory.ts';
import { codeOf, hasMoved } from '../failures.ts';
import type { Watcher, WatchOptions } from '../types.ts';

export interface DirectoriesOptions extends WatchOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Asks the kernel for one watch; tests put one here that is refused. */
  readonly watchOne?: typeof watchDirectory;
}

interface Watched {
  readonly identity: string;
  /** Null: the kernel refused it. What happens in there is seen by rescans alone, until it is asked for again. */
  handle: DirectoryWatch | null;
  /** Names of the directories in it that are watched too. */
  readonly children: Set<string>;
}

interface Visit {
  readonly directory: string;
  /** What it holds was never hinted at. */
  readonly isNew: boolean;
}

/** Work on one turn of the event loop; a tree of 100,000 directories takes many. */
const SLICE_MS = 10;

export function watchDirectories(options: DirectoriesOptions): Watcher {
  return new WatchedTree(options);
}

class WatchedTree implements Watcher {
  readonly kind = 'directories';
  readonly ready: Promise<void>;
  readonly #options: DirectoriesOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #waiting: Visit[] = [{ directory: '', isNew: false }];
  readonly #refusals: { readonly directory: string; readonly code: string }[] = [];
  #visiting: Promise<void> | null = null;
  #blind = 0;
  #closed = false;

  constructor(options: DirectoriesOptions) {
    this.#options = options;
    this.ready = this.#visitAll();
  }

  get watches(): number {
    return this.#watched.size - this.#blind;
  }

  get blind(): number {
    return this.#blind;
  }

  /** Every directory is compared with what is watched; what was refused is asked for again. */
  async rearm(): Promise<void> {
    this.#waiting.push({ directory: '', isNew: false });
    await this.#visitAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#drop('');
    await this.#visiting;
  }

  #visitAll(): Promise<void> {
    this.#visiting ??= this.#visitInSlices().finally(() => (this.#visiting = null));
    return this.#visiting;
  }

  async #visitInSlices(): Promise<void> {
    const { clock } = this.#options;
    let startedMs = clock.monotonicMs();
    for (let visit = this.#waiting.pop(); visit !== undefined; visit = this.#waiting.pop()) {
      this.#visit(visit);
      if (clock.monotonicMs() - startedMs < SLICE_MS) continue;
      await clock.yieldTurn();
      startedMs = clock.monotonicMs();
    }
    this.#tellRefusals();
  }

  #visit({ directory, isNew }: Visit): void {
    if (this.#closed) return;
    const stat = this.#directoryAt(directory);
    if (stat === undefined) return this.#drop(directory);
    const before = this.#watched.get(directory);
    const identity = identityOf(stat);
    const isWatched = before?.identity === identity && before.handle !== null;
    if (!isWatched) this.#watch(directory, identity);
    // Whatever happened before the watch was there is looked at; a first visit of the whole tree is followed by a rescan.
    const isWatchedNow = before !== undefined && !isWatched && this.#watched.get(directory)?.handle !== null;
    const unseen = isNew || isWatchedNow;
    if (unseen) this.#options.onHint({ directory, name: null });
    this.#visitBelow(directory, stat, unseen);
  }

  #visitBelow(directory: string, stat: FileStat, isNew: boolean): void {
    const names = this.#subdirectories(directory, stat);
    if (names === null) return;
    const there = new Set(names);
    for (const name of this.#watched.get(directory)?.children ?? []) {
      if (!there.has(name)) this.#drop(join(directory, name));
    }
    for (const name of there) this.#waiting.push({ directory: join(directory, name), isNew });
  }

  #watch(directory: string, identity: string): void {
    const before = this.#watched.get(directory);
    if (before?.identity === identity) return this.#askAgain(directory, before);
    this.#drop(directory);
    const handle = this.#ask(directory, false);
    if (handle === undefined) return;
    this.#watched.set(directory, { identity, handle, children: new Set() });
    if (directory !== '') this.#watched.get(parentOf(directory))?.children.add(nameOf(directory));
    if (handle === null) this.#blind += 1;
  }

  #askAgain(directory: string, watched: Watched): void {
    const handle = this.#ask(directory, true);
    if (!handle) return;
    watched.handle = handle;
    this.#blind -= 1;
  }

  /** Null: refused. Undefined: gone meanwhile. */
  #ask(directory: string, wasBlind: boolean): DirectoryWatch | null | undefined {
    const { watchOne = watchDirectory } = this.#options;
    try {
      return watchOne(this.#absolute(directory), {
        onName: (name) => this.#heard(directory, name),
        onError: (error) => this.#failed(directory, error),
      });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return undefined;
      if (!wasBlind) this.#refusals.push({ directory, code });
      return null;
    }
  }

  /** A watch that ended by itself is asked for again at once. */
  #failed(directory: string, error: unknown): void {
    this.#drop(directory);
    if (this.#closed) return;
    this.#options.onTrouble(`the watch of ${said(directory)} ended: ${codeOf(error)}`);
    this.#follow({ directory, isNew: true });
  }

  #heard(directory: string, name: string | null): void {
    if (name !== null && isIgnoredDirectory(name)) return;
    this.#options.onHint({ directory, name });
    if (name === null) return this.#follow({ directory, isNew: true });
    const path = join(directory, name);
    const stat = this.#directoryAt(path);
    if (stat === undefined) this.#drop(path);
    else if (this.#watched.get(path)?.identity !== identityOf(stat)) this.#follow({ directory: path, isNew: true });
  }

  #follow(visit: Visit): void {
    this.#waiting.push(visit);
    void this.#visitAll();
  }

  #drop(directory: string): void {
    const watched = this.#watched.get(directory);
    if (watched === undefined) return;
    for (const name of watched.children) this.#drop(join(directory, name));
    watched.handle?.close();
    if (watched.handle === null) this.#blind -= 1;
    this.#watched.delete(directory);
    this.#watched.get(parentOf(directory))?.children.delete(nameOf(directory));
  }

  /** One line however many there are: a limit that is reached is reached for all that follow. */
  #tellRefusals(): void {
    const refusals = this.#refusals.splice(0);
    const [first] = refusals;
    if (first === undefined || this.#closed) return;
    const others = refusals.length === 1 ? '' : ` and ${refusals.length - 1} more directories`;
    this.#options.onTrouble(
      `${said(first.directory)}${others} cannot be watched: ${first.code}${adviceOn(first.code)}`,
    );
  }

  #directoryAt(directory: string): FileStat | undefined {
    try {
      const stat = this.#options.fs.lstat(this.#absolute(directory));
      return stat?.kind === 'directory' ? stat : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Each subdirectory adds a link to the directory above it, so that two mean none; file systems that do not count say one. Null where
   * it cannot be read just now: what is watched in it goes on being watched.
   */
  #subdirectories(directory: string, { nlink }: FileStat): string[] | null {
    if (nlink === 2) return [];
    try {
      const entries = this.#options.fs.readDirectory(this.#absolute(directory));
      return entries.flatMap(({ name, kind }) =>
        kind === 'directory' && name !== null && !isIgnoredDirectory(name) ? [name] : [],
      );
    } catch (error) {
      return hasMoved(error) ? [] : null;
    }
  }

  #absolute(directory: string): string {
    return directory === '' ? this.#options.root : `${this.#options.root}/${directory}`;
  }
}

const join = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const identityOf = ({ ino, birthtimeNs }: FileStat): string => `${ino}:${birthtimeNs}`;
const said = (directory: string): string => (directory === '' ? 'the root' : directory);

const adviceOn = (code: string): string =>
  code === 'ENOSPC'
    ? '; raise fs.inotify.max_user_watches'
    : code === 'EMFILE'
      ? '; raise fs.inotify.max_user_instances'
      : '';

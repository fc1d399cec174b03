/**
 * One fs.watch a directory. Watched first and listed after, so that nothing made in between is missed; a directory is known
 * by inode and birth time, because a name can come to mean another directory without a sound (swap, rm and mkdir).
 */
import { isIgnoredDirectory } from '../../core/names.ts';
import type { FileSystem } from '../../host/ports.ts';
import { watchDirectory, type DirectoryWatch } from '../../host/watch-directory.ts';
import type { Watcher, WatchOptions } from '../types.ts';
import { codeOf } from '../failures.ts';

interface Watched {
  readonly identity: string;
  readonly handle: DirectoryWatch;
}

const join = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);

export function watchDirectories(options: WatchOptions & { readonly fs: FileSystem }): Watcher {
  const tree = new WatchedTree(options);
  tree.add('', false);
  return tree;
}

class WatchedTree implements Watcher {
  readonly kind = 'directories';
  readonly ready: Promise<void> = Promise.resolve();
  readonly #options: WatchOptions & { readonly fs: FileSystem };
  readonly #watched = new Map<string, Watched>();
  readonly #blind = new Set<string>();
  #closed = false;

  constructor(options: WatchOptions & { readonly fs: FileSystem }) {
    this.#options = options;
  }

  get watches(): number {
    return this.#watched.size;
  }

  get blind(): number {
    return this.#blind.size;
  }

  /** Watches a directory and all below it. `isNew`: what it holds was never hinted. */
  add(directory: string, isNew: boolean): void {
    const identity = this.#identityOf(directory);
    if (identity === null || this.#closed || this.#watched.get(directory)?.identity === identity) return;
    this.#drop(directory);
    this.#watch(directory, identity);
    if (isNew) this.#options.onHint({ directory, name: null });
    for (const name of this.#subdirectories(directory)) this.add(join(directory, name), isNew);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { handle } of this.#watched.values()) handle.close();
    this.#watched.clear();
  }

  #watch(directory: string, identity: string): void {
    try {
      const handle = watchDirectory(this.#absolute(directory), {
        onName: (name) => this.#heard(directory, name),
        onError: (error) => this.#failed(directory, error),
      });
      this.#watched.set(directory, { identity, handle });
      this.#blind.delete(directory);
    } catch (error) {
      this.#failed(directory, error);
    }
  }

  #heard(directory: string, name: string | null): void {
    if (name !== null && isIgnoredDirectory(name)) return;
    this.#options.onHint({ directory, name });
    if (name !== null) this.#follow(join(directory, name));
    else this.add(directory, true);
  }

  /** A name that is a directory now is watched; one that was is dropped. */
  #follow(path: string): void {
    if (this.#identityOf(path) !== null) this.add(path, true);
    else if (this.#watched.has(path)) this.#drop(path);
  }

  #drop(directory: string): void {
    for (const [path, { handle }] of this.#watched) {
      if (path !== directory && !(directory === '' || path.startsWith(`${directory}/`))) continue;
      handle.close();
      this.#watched.delete(path);
    }
  }

  #failed(directory: string, error: unknown): void {
    this.#drop(directory);
    if (codeOf(error) === 'ENOENT' || this.#closed) return;
    this.#blind.add(directory);
    this.#options.onTrouble(`${directory === '' ? 'the root' : directory} cannot be watched: ${codeOf(error)}`);
  }

  #identityOf(directory: string): string | null {
    try {
      const stat = this.#options.fs.lstat(this.#absolute(directory));
      return stat?.kind === 'directory' ? `${stat.ino}:${stat.birthtimeNs}` : null;
    } catch {
      return null;
    }
  }

  /** Each subdirectory adds a link to the directory above it, so that two mean none; file systems that do not count say one. */
  #subdirectories(directory: string): string[] {
    try {
      if (this.#options.fs.lstat(this.#absolute(directory))?.nlink === 2) return [];
      const entries = this.#options.fs.readDirectory(this.#absolute(directory));
      return entries.flatMap(({ name, kind }) =>
        kind === 'directory' && name !== null && !isIgnoredDirectory(name) ? [name] : [],
      );
    } catch {
      return [];
    }
  }

  #absolute(directory: string): string {
    return directory === '' ? this.#options.root : `${this.#options.root}/${directory}`;
  }
}

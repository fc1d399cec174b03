/**
 * chokidar 6, for directories only, listened to by its `raw` events: its own events wait for a throttle and for stats that
 * we make anyway. Files are ignored so that it holds a watch a directory and not a record a file.
 *
 * A directory that is removed and made again at once is watched again without a word, some time after the events that told of
 * it: what is saved in between is told by nobody. So it is looked at again until that must be over.
 */
import { basename, relative, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { isIgnoredDirectory, looksLikeDocument } from '../../core/names.ts';
import { messageOf } from '../failures.ts';
import type { Clock, Timer } from '../../host/ports.ts';
import type { Hint, Watcher, WatchOptions } from '../types.ts';

export interface ChokidarOptions extends WatchOptions {
  readonly clock: Clock;
}

/** A loaded machine may need the last; what comes later is found by the rescan. */
const AGAIN_AFTER_MS = [250, 1000, 4000];

export function watchWithChokidar(options: ChokidarOptions): Watcher {
  return new ChokidarTree(options);
}

class ChokidarTree implements Watcher {
  readonly kind = 'chokidar';
  readonly ready: Promise<void>;
  readonly #options: ChokidarOptions;
  /** Hints that are given again, by directory. */
  readonly #again = new Map<string, Timer[]>();
  #watcher: FSWatcher;
  #blind = 0;
  /** Errors of a tree that is known to be watched in part are no news. */
  #isKnown = false;
  #isClosed = false;

  constructor(options: ChokidarOptions) {
    this.#options = options;
    this.#watcher = this.#open();
    this.ready = isReady(this.#watcher);
  }

  get watches(): number {
    return Object.keys(this.#watcher.getWatched()).length;
  }

  get blind(): number {
    return this.#blind;
  }

  /** chokidar does not ask again for what was refused, so the whole tree is watched anew. */
  async rearm(): Promise<void> {
    if (this.#blind === 0) return;
    await this.#watcher.close();
    if (this.#isClosed) return;
    this.#isKnown = true;
    this.#blind = 0;
    this.#watcher = this.#open();
    await isReady(this.#watcher);
    this.#isKnown = this.#blind > 0;
    this.#options.onHint({ directory: '', name: null });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const timers of this.#again.values()) for (const timer of timers) timer.cancel();
    return this.#watcher.close();
  }

  #open(): FSWatcher {
    const { root, onHint } = this.#options;
    const below = rememberingLast((path) => relative(root, path).split(sep).join('/'));
    const watcher = watch(root, {
      ignored: (path, stats) => path !== root && isLeftOut(basename(path), stats),
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      persistent: false,
    });
    watcher.on('raw', (_event, name, details) => {
      const watched = watchedPathOf(details);
      const hint = hintOf(name ?? '', watched, below);
      if (hint !== null) onHint(hint);
      // The kernel tells under its own name that a watched directory is gone.
      if (hint !== null && hint.directory !== '' && name === basename(watched ?? '')) this.#hintAgain(hint.directory);
    });
    for (const event of ['addDir', 'unlinkDir'] as const) {
      watcher.on(event, (path) => onHint({ directory: below(path), name: null }));
    }
    watcher.on('error', (error) => this.#failed(error));
    return watcher;
  }

  #hintAgain(directory: string): void {
    const { clock, onHint } = this.#options;
    for (const timer of this.#again.get(directory) ?? []) timer.cancel();
    const last = AGAIN_AFTER_MS.length - 1;
    const timers = AGAIN_AFTER_MS.map((delayMs, index) =>
      clock.after(delayMs, () => {
        if (index === last) this.#again.delete(directory);
        onHint({ directory, name: null });
      }),
    );
    this.#again.set(directory, timers);
  }

  #failed(error: unknown): void {
    this.#blind += 1;
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.#options.onTrouble(`chokidar cannot watch everything: ${messageOf(error)}`);
  }
}

/** Events come in runs of one directory. */
function rememberingLast(spell: (path: string) => string): (path: string) => string {
  let [last, spelt] = ['', spell('')];
  return (path) => {
    if (path !== last) [last, spelt] = [path, spell(path)];
    return spelt;
  };
}

/**
 * A name that only files have is told before chokidar asks what it is, which it does for every event: an eighth of a PUT. What
 * happens below a directory that is called like a document, where nothing is served, is seen by the rescan.
 */
const isLeftOut = (name: string, stats: { isDirectory(): boolean } | undefined): boolean =>
  isIgnoredDirectory(name) || looksLikeDocument(name) || (stats !== undefined && !stats.isDirectory());

const isReady = (watcher: FSWatcher): Promise<void> =>
  new Promise((resolve) => void watcher.once('ready', () => resolve()));

const watchedPathOf = (details: unknown): string | null =>
  typeof details === 'object' && details !== null && 'watchedPath' in details ? String(details.watchedPath) : null;

/** A name that is not UTF-8 arrives with replacement characters and means: somewhere in there. */
function hintOf(name: string, watched: string | null, below: (path: string) => string): Hint | null {
  if (watched === null || isIgnoredDirectory(name)) return null;
  return { directory: below(watched), name: name === '' || name.includes('\uFFFD') ? null : name };
}

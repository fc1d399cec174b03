/**
 * chokidar 6, for directories only, listened to by its `raw` events: its own events wait for a throttle and for stats that
 * we make anyway. Files are ignored so that it holds a watch a directory and not a record a file.
 */
import { basename, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { isIgnoredDirectory } from '../../core/names.ts';
import type { Watcher, WatchOptions } from '../types.ts';

export function watchWithChokidar({ root, onHint, onTrouble }: WatchOptions): Watcher {
  const below = (path: string): string => relative(root, path).split(sep).join('/');
  const isIgnored = (path: string, stats?: { isDirectory(): boolean }): boolean =>
    path !== root && (isIgnoredDirectory(basename(path)) || (stats !== undefined && !stats.isDirectory()));
  const watcher = watch(root, {
    ignored: isIgnored,
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    persistent: false,
  });
  let blind = 0;
  watcher.on('raw', (_event, name, details) => hearRaw(name ?? '', detailsPath(details), below, onHint));
  for (const event of ['addDir', 'unlinkDir'] as const) {
    watcher.on(event, (path) => onHint({ directory: below(path), name: null }));
  }
  watcher.on('error', (error) => {
    blind += 1;
    onTrouble(`chokidar: ${error instanceof Error ? error.message : String(error)}`);
  });
  return {
    kind: 'chokidar',
    get watches() {
      return Object.keys(watcher.getWatched()).length;
    },
    get blind() {
      return blind;
    },
    ready: new Promise((resolve) => void watcher.once('ready', () => resolve())),
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}

const detailsPath = (details: unknown): string | null =>
  typeof details === 'object' && details !== null && 'watchedPath' in details ? String(details.watchedPath) : null;

function hearRaw(
  name: string,
  watched: string | null,
  below: (path: string) => string,
  onHint: WatchOptions['onHint'],
): void {
  if (watched === null || isIgnoredDirectory(name)) return;
  onHint({ directory: below(watched), name: name === '' || name.includes('\uFFFD') ? null : name });
}

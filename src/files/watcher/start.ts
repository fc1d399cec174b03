import type { Clock, FileSystem } from '../../host/ports.ts';
import type { Watcher, WatchOptions } from '../types.ts';
import { watchWithChokidar } from './chokidar.ts';
import { watchDirectories } from './directories.ts';
import { watchByPolling } from './polling.ts';

export type WatcherKind = Watcher['kind'];

/** From this many documents on, chokidar's memory and its backlog after bursts weigh more than its wider use (docs/watchers.md). */
const LARGE_TREE = 10_000;

function chooseWatcher(documents: number, platform: NodeJS.Platform): WatcherKind {
  return platform === 'linux' && documents > LARGE_TREE ? 'directories' : 'chokidar';
}

export function startWatcher(
  choice: WatcherKind | 'auto',
  documents: number,
  options: WatchOptions & { readonly fs: FileSystem; readonly clock: Clock },
): Watcher {
  const kind = choice === 'auto' ? chooseWatcher(documents, process.platform) : choice;
  if (kind === 'poll') return watchByPolling(options);
  return kind === 'directories' ? watchDirectories(options) : watchWithChokidar(options);
}

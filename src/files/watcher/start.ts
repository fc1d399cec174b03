/** Which watcher, and starting it. */
import { isIgnoredDirectory } from '../../core/names.ts';
import type { Clock, DirectoryEntry, FileSystem } from '../../host/ports.ts';
import type { Watcher, WatchOptions } from '../types.ts';
import { watchWithChokidar } from './chokidar.ts';
import { watchDirectories } from './directories.ts';
import { watchByPolling } from './polling.ts';

type WatcherKind = Watcher['kind'];

/** From this many names on, chokidar's memory and its backlog after bursts weigh more than its wider use. */
const LARGE_TREE = 10_000;

function chooseWatcher(fs: FileSystem, root: string): WatcherKind {
  return process.platform === 'linux' && isLargeTree(fs, root) ? 'directories' : 'chokidar';
}

/** Counts names until the tree is known to be large, without a stat: some 30 ms at the most. */
function isLargeTree(fs: FileSystem, root: string): boolean {
  const waiting = [root];
  for (let count = 0; waiting.length > 0;) {
    const directory = waiting.pop() ?? root;
    for (const { name, kind } of entriesOf(fs, directory)) {
      if (name === null || isIgnoredDirectory(name)) continue;
      if (++count > LARGE_TREE) return true;
      if (kind === 'directory') waiting.push(`${directory}/${name}`);
    }
  }
  return false;
}

function entriesOf(fs: FileSystem, directory: string): DirectoryEntry[] {
  try {
    return fs.readDirectory(directory);
  } catch {
    return [];
  }
}

export function startWatcher(
  choice: WatcherKind | 'auto',
  options: WatchOptions & { readonly fs: FileSystem; readonly clock: Clock },
): Watcher {
  const kind = choice === 'auto' ? chooseWatcher(options.fs, options.root) : choice;
  if (kind === 'poll') return watchByPolling(options);
  return kind === 'directories' ? watchDirectories(options) : watchWithChokidar(options);
}

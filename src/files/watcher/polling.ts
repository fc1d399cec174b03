/** For file systems without change events (network mounts): every directory is hinted at in turn, a part at a time. */
import type { Clock, FileSystem, Timer } from '../../host/ports.ts';
import type { Watcher, WatchOptions } from '../types.ts';

/** The whole tree is hinted at once in this time. */
const ROUND_MS = 2000;

export function watchByPolling(options: WatchOptions & { readonly fs: FileSystem; readonly clock: Clock }): Watcher {
  let timer: Timer;
  const arm = (): void => {
    timer = options.clock.after(ROUND_MS, () => {
      options.onHint({ directory: '', name: null });
      arm();
    });
  };
  arm();
  return {
    kind: 'poll',
    watches: 0,
    blind: 0,
    ready: Promise.resolve(),
    [Symbol.asyncDispose]: async () => timer.cancel(),
  };
}

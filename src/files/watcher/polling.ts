/** For file systems without change events (network mounts): the tree is compared every two seconds, by lstat alone. */
import type { Clock, FileSystem, Timer } from '../../host/ports.ts';
import type { Watcher, WatchOptions } from '../types.ts';

/** At 100,000 files a comparison takes half a second of one core. */
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
    rearm: async () => {},
    [Symbol.asyncDispose]: async () => timer.cancel(),
  };
}

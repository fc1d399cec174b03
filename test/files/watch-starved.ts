/** Watches a tree where the kernel refuses, and prints what was told: `node watch-starved.ts KIND ROOT`. */
import { startWatcher } from '../../src/files/watcher/start.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';

const [kind, root] = process.argv.slice(2);
if ((kind !== 'chokidar' && kind !== 'directories') || root === undefined) throw new Error('usage: KIND ROOT');
const troubles: string[] = [];
const watcher = startWatcher(kind, {
  root,
  fs: nodeFileSystem,
  clock: systemClock,
  onHint: () => {},
  onTrouble: (reason) => troubles.push(reason),
});
await watcher.ready;
const atFirst = [...troubles];
await watcher.rearm();
process.stdout.write(JSON.stringify({ troubles: atFirst, afterRearm: troubles, blind: watcher.blind }));
process.exit(0);

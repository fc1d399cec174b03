/**
 * Watches a tree while another process changes it, and counts what was not heard: `node --expose-gc watched.ts KIND ROOT`.
 * No rescan runs here: this is what a watcher alone loses.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startWatcher } from '../../src/files/watcher/start.ts';
import type { Hint } from '../../src/files/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { CHANGES, type Heard, type Watched } from './watch-report.ts';

const [kind, root] = process.argv.slice(2);
if ((kind !== 'chokidar' && kind !== 'directories') || root === undefined) throw new Error('usage: KIND ROOT');

const heard = new Set<string>();
let lastMs = 0;
const onHint = ({ directory, name }: Hint): void => {
  heard.add(name === null ? directory : `${directory}/${name}`);
  lastMs = performance.now();
};
const rssMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
};

/** A hint at a directory leads to all below it. */
function isHeard(path: string): boolean {
  for (let place = path; place !== ''; place = place.slice(0, Math.max(place.lastIndexOf('/'), 0)))
    if (heard.has(place)) return true;
  return heard.has('');
}

const QUIET_MS = 3000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function hear(what: string, count: number, blockMs: number): Promise<Heard> {
  heard.clear();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'watch-changes.ts'), what, root ?? '', String(count)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  if (blockMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  await ended;
  const endedMs = performance.now();
  lastMs = endedMs;
  while (performance.now() - lastMs < QUIET_MS) await pause(50);
  const paths = printed.split('\n');
  return {
    what,
    paths: paths.length,
    lost: paths.filter((path) => !isHeard(path)).length,
    lagMs: lastMs - endedMs,
  };
}

const rssBeforeMb = rssMb();
const startedMs = performance.now();
await using watcher = startWatcher(kind, {
  root,
  fs: nodeFileSystem,
  clock: systemClock,
  onHint,
  onTrouble: (reason) => process.stderr.write(`${reason}\n`),
});
await watcher.ready;
const readyMs = performance.now() - startedMs;
await pause(1000);
const addedMb = rssMb() - rssBeforeMb;
const { watches } = watcher;
const changes: Heard[] = [];
for (const { what, count, blockMs } of CHANGES) changes.push(await hear(what, count, blockMs));
const report: Watched = { readyMs, addedMb, watches, changes, rssAfterMb: rssMb() };
process.stdout.write(`${JSON.stringify(report)}\n`);

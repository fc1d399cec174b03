/**
 * A burst of work (a first index, an import) leaves a process large although nothing lives in it any more: V8 keeps the heap
 * pages of ended threads and of its own young generation in a pool, glibc the freed pieces of its arenas. After a first index
 * of 100,000 documents that is 540 MB, of which 210 MB are in use. Here both are asked to give it back, once it is quiet.
 */
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from './ports.ts';

export interface ProcessMemory {
  residentBytes(): number;
  /** CPU time since the last call, of all threads, as a share of one core: other processes do not count. */
  utilization(): number;
  /** Holds up the event loop for some 50 ms. */
  giveBack(): void;
}

const CHECK_MS = 10_000;
/** A daemon that needs no more than this is left alone. */
const MODEST_BYTES = 200 * 1024 * 1024;
const GROWN = 1.4;
const QUIET = 0.1;

/** Looks every 10 s whether the process grew and has nothing to do: what it needs at rest is not asked for again. */
export function keepMemoryLow(clock: Clock, memory: ProcessMemory = processMemory()): Disposable {
  let atRestBytes = MODEST_BYTES / GROWN;
  let timer: Timer;
  const check = (): void => {
    timer = clock.after(CHECK_MS, check);
    if (memory.utilization() > QUIET || memory.residentBytes() < atRestBytes * GROWN) return;
    memory.giveBack();
    atRestBytes = Math.max(memory.residentBytes(), MODEST_BYTES / GROWN);
  };
  timer = clock.after(CHECK_MS, check);
  return { [Symbol.dispose]: () => timer.cancel() };
}

function processMemory(): ProcessMemory {
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let last = { cpuMs: cpuMs(), atMs: performance.now() };
  return {
    residentBytes: () => process.memoryUsage.rss(),
    utilization() {
      const now = { cpuMs: cpuMs(), atMs: performance.now() };
      const share = (now.cpuMs - last.cpuMs) / (now.atMs - last.atMs);
      last = now;
      return share;
    },
    giveBack() {
      collectGarbage();
      trimAllocator();
    },
  };
}

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

/** `last-resort` is the one that empties V8's pool of pages. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
}

/** Other C libraries than glibc have no such call, and no such need. */
function trimAllocator(): void {
  if (process.platform !== 'linux') return;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    koffi.load(null).func('int malloc_trim(size_t)')(0);
  } catch {
    // Nothing is given back then.
  }
}

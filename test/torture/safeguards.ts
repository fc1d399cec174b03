/**
 * Safeguards that can be taken out, each by wrapping a port of the host: nothing in the product knows about it. `slow-swap` takes
 * out nothing, it only gives a crash or another program more time between the look before a swap and the swap.
 */
import { closeSync, copyFileSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileStat, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import type { OpenOptions } from '../../src/larder.ts';

export const SAFEGUARDS = [
  'slow-swap',
  'log-before-answer',
  'redo',
  'exchange',
  'comparison',
  'room',
  'displaced',
  'whole-files',
  'patience',
  'rescan',
] as const;
export type Safeguard = (typeof SAFEGUARDS)[number];

export interface WeakHost {
  readonly host: NonNullable<OpenOptions['host']>;
  /** The weakened daemon calls this once its root is ready. */
  readonly onReady: () => void;
}

const SWAP_MS = 4;
const COMPARED_MS = 15;
const WRITTEN_BEHIND_MS = 50;

function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const inTree = (path: string): boolean => !path.includes('/.larder/');

export function hostWithout(safeguard: Safeguard): WeakHost {
  let isReady = false;
  const files: Partial<Record<Safeguard, () => FileSystem>> = {
    'slow-swap': () => slowSwap(),
    'log-before-answer': () => logLater(),
    redo: () => lostRedo(() => isReady),
    exchange: () => noExchange(),
    comparison: () => blindFallback(),
    room: () => endlessRoom(),
    displaced: () => overwrite(),
    'whole-files': () => inPlace(),
  };
  const fs = files[safeguard]?.() ?? nodeFileSystem;
  const clocks: Partial<Record<Safeguard, () => Clock>> = { patience: impatient, rescan: neverRescan };
  const clock = clocks[safeguard]?.() ?? systemClock;
  return { host: { fs, clock, random: systemRandom }, onReady: () => void (isReady = true) };
}

function slowSwap(): FileSystem {
  return {
    ...nodeFileSystem,
    exchange(a, b) {
      if (inTree(b)) blockFor(SWAP_MS);
      nodeFileSystem.exchange(a, b);
    },
  };
}

/** A kernel without RENAME_EXCHANGE: the product falls back to link and rename, which is slow here too. */
function noExchange(): FileSystem {
  return {
    ...nodeFileSystem,
    exchange() {
      throw Object.assign(new Error('ENOSYS: renameat2'), { code: 'ENOSYS' });
    },
  };
}

/** The fallback takes what it moves out for what it judged a moment ago, whatever has been saved there since. */
function blindFallback(): FileSystem {
  const fs = noExchange();
  const judged = new Map<string, FileStat>();
  const believed = new Map<string, FileStat>();
  return {
    ...fs,
    lstat(path) {
      const stat = believed.get(path) ?? fs.lstat(path);
      if (stat && inTree(path)) judged.set(path, stat);
      return stat;
    },
    link(from, to) {
      if (inTree(from)) blockFor(COMPARED_MS);
      fs.link(from, to);
      const stat = judged.get(from);
      if (stat && inTree(from)) believed.set(to, stat);
    },
    unlink(path) {
      believed.delete(path);
      fs.unlink(path);
    },
  };
}

const isLogPath = (path: string): boolean => /\/\.larder\/log\/\d+\.log$/.test(path);

/** Says `synced` while the bytes are still in the process, as a log that is written behind would. */
function logLater(): FileSystem {
  const waiting: (() => void)[] = [];
  const logs = new Set<number>();
  let written = 0;
  const flush = (upTo = Infinity): void => {
    for (const write of waiting.splice(0, Math.max(0, upTo - written))) {
      write();
      written += 1;
    }
  };
  const settled = (fd: number): number => {
    if (logs.has(fd)) flush();
    return fd;
  };
  // What is written behind must not be seen to arrive: a log whose times change is read anew, and so written at once.
  const untouched = <T extends FileStat | undefined>(stat: T): T => stat && { ...stat, mtimeNs: 0n, ctimeNs: 0n };
  return {
    ...nodeFileSystem,
    lstat: (path) => (isLogPath(path) ? untouched(nodeFileSystem.lstat(path)) : nodeFileSystem.lstat(path)),
    open(path, mode, permissions) {
      const isLog = isLogPath(path);
      if (isLog) flush();
      const fd = nodeFileSystem.open(path, mode, permissions);
      if (isLog) logs.add(fd);
      else logs.delete(fd);
      return fd;
    },
    write(fd, bytes, offset, length, position) {
      if (!logs.has(fd)) return nodeFileSystem.write(fd, bytes, offset, length, position);
      const kept = bytes.slice(offset, offset + length);
      waiting.push(() => void nodeFileSystem.write(fd, kept, 0, length, position));
      return length;
    },
    async fdatasync(fd) {
      if (!logs.has(fd)) return nodeFileSystem.fdatasync(fd);
      const upTo = written + waiting.length;
      setTimeout(() => flush(upTo), WRITTEN_BEHIND_MS).unref();
    },
    fstat: (fd) => (logs.has(fd) ? untouched(nodeFileSystem.fstat(fd)) : nodeFileSystem.fstat(fd)),
    truncate: (fd, size) => nodeFileSystem.truncate(settled(fd), size),
    close: (fd) => nodeFileSystem.close(settled(fd)),
    read: (fd, buffer, offset, length, position) => nodeFileSystem.read(settled(fd), buffer, offset, length, position),
  };
}

/** What redo puts in place while the root opens never arrives. */
function lostRedo(isReady: () => boolean): FileSystem {
  const slow = slowSwap();
  return {
    ...slow,
    exchange(a, b) {
      if (isReady() || !inTree(b)) return slow.exchange(a, b);
      copyFileSync(b, a);
    },
    renameNoReplace(from, to) {
      if (isReady() || !inTree(to)) return slow.renameNoReplace(from, to);
      nodeFileSystem.unlink(from);
    },
  };
}

/** The new file takes the name as by a plain rename: what was there is not brought out, only a copy of ours. */
function overwrite(): FileSystem {
  return {
    ...nodeFileSystem,
    exchange(a, b) {
      if (!inTree(b)) return nodeFileSystem.exchange(a, b);
      blockFor(SWAP_MS);
      copyFileSync(a, `${a}-copy`);
      renameSync(a, b);
      renameSync(`${a}-copy`, a);
    },
  };
}

/** What a full disk does not take counts as written, as for a program that does not look at what a write answers. */
function endlessRoom(): FileSystem {
  return {
    ...nodeFileSystem,
    write(fd, bytes, offset, length, position) {
      try {
        return nodeFileSystem.write(fd, bytes, offset, length, position);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return length;
        throw error;
      }
    },
  };
}

/** Writes into the file instead of replacing it, as most programs save. */
function inPlace(): FileSystem {
  return {
    ...nodeFileSystem,
    exchange(a, b) {
      if (!inTree(b)) return nodeFileSystem.exchange(a, b);
      const [ours, theirs] = [readFileSync(a), readFileSync(b)];
      writeSlowly(b, ours);
      writeSlowly(a, theirs);
    },
  };
}

function writeSlowly(path: string, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  const half = Math.floor(bytes.length / 2);
  ftruncateSync(fd, 0);
  writeSync(fd, bytes, 0, half, 0);
  blockFor(SWAP_MS);
  writeSync(fd, bytes, half, bytes.length - half, half);
  closeSync(fd);
}

const HURRY = 50;

/** Absences and half-written files get a fiftieth of their time to become whole again. */
function impatient(): Clock {
  return {
    ...systemClock,
    monotonicMs: () => systemClock.monotonicMs() * HURRY,
    after: (delayMs, run) => systemClock.after(delayMs / HURRY, run),
  };
}

const RESCANS_MS = new Set([250, 60_000]);

/** Trusts the watcher: timers of rescans never fire. */
function neverRescan(): Clock {
  return {
    ...systemClock,
    after: (delayMs, run) => (RESCANS_MS.has(delayMs) ? { cancel: () => {} } : systemClock.after(delayMs, run)),
  };
}

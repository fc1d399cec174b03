/** One safeguard less each: what the simulator must notice. */
import type { FileStat, FileSystem } from '../../src/host/ports.ts';
import type { World } from '../../src/reconciler/world.ts';
import type { Sabotage } from './process.ts';

const answersBeforeTheSync: Sabotage = {
  fs: (fs) => ({ ...fs, fsync: async () => {}, fdatasync: async () => {} }),
};

let lives = 0n;

/** Another number for every file in each life of the process: nothing is recognised by its identity. */
const knowsNoFileAgain: Sabotage = {
  fs(fs) {
    const shift = (lives += 1n) * 1_000_000n;
    const shifted = <Stat extends FileStat | undefined>(stat: Stat): Stat =>
      stat && stat.kind === 'file' ? { ...stat, ino: stat.ino + shift } : stat;
    return {
      ...fs,
      lstat: (path) => shifted(fs.lstat(path)),
      fstat: (fd) => shifted(fs.fstat(fd)),
    } satisfies FileSystem;
  },
};

const rescuesNothing: Sabotage = {
  world: (world) =>
    altered(world, ({ displaced, fs }) => Object.assign(displaced, { add: (file: string) => fs.unlink(file) })),
};

const believesOneAbsence: Sabotage = {
  world: (world) => altered(world, ({ pendings }) => Object.assign(pendings, { ageMs: () => 10_000 })),
};

function altered(world: World, alter: (world: World) => unknown): World {
  alter(world);
  return world;
}

export interface Missing {
  readonly name: string;
  readonly sabotage: Sabotage;
  /** Seeds among which a run must fail. */
  readonly from: number;
  readonly count: number;
}

export const MISSING: readonly Missing[] = [
  { name: 'the sync before the answer', sabotage: answersBeforeTheSync, from: 1, count: 50 },
  { name: 'redo', sabotage: { without: ['redo'] }, from: 1, count: 50 },
  { name: 'the identities that redo goes by', sabotage: knowsNoFileAgain, from: 30, count: 200 },
  { name: 'the rescue of what a swap brings out', sabotage: rescuesNothing, from: 100, count: 300 },
  { name: 'the second look at an absence', sabotage: believesOneAbsence, from: 1, count: 50 },
  { name: 'the abort of a write that failed', sabotage: { without: ['abort'] }, from: 1, count: 50 },
];

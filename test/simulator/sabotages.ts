/** One safeguard less each: what the simulator must notice. */
import type { Head } from '../../src/catalog/types.ts';
import type { Seq } from '../../src/core/events.ts';
import { readFile } from '../../src/host/read-file.ts';
import type { FileStat, FileSystem } from '../../src/host/ports.ts';
import type { World } from '../../src/reconciler/world.ts';
import type { Sabotage } from './process.ts';

const answersBeforeTheSync: Sabotage = {
  fs: (fs) => ({ ...fs, fsync: async () => {}, fdatasync: async () => {} }),
};

/** Large bytes are in the blob store as far as the process sees. */
const syncsNoBlob: Sabotage = {
  fs(fs) {
    const blobs = new Set<number>();
    return {
      ...fs,
      open(path, mode, permissions) {
        const fd = fs.open(path, mode, permissions);
        blobs[path.includes('/.larder/blobs') ? 'add' : 'delete'](fd);
        return fd;
      },
      fsync: async (fd) => (blobs.has(fd) ? undefined : fs.fsync(fd)),
      fdatasync: async (fd) => (blobs.has(fd) ? undefined : fs.fdatasync(fd)),
      fsyncSync: (fd) => (blobs.has(fd) ? undefined : fs.fsyncSync(fd)),
    };
  },
};

/** Of a segment that is rewritten only every second version keeps its bytes. */
const dropsTooMuch: Sabotage = {
  world: (world) =>
    altered(world, ({ events }) => {
      const drop = events.drop.bind(events);
      Object.assign(events, {
        drop: (segment: Seq, drops: (seq: Seq) => boolean, moved: () => Promise<void>) =>
          drop(segment, (seq) => drops(seq) || seq % 2 === 0, moved),
      });
    }),
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

/** The new file takes the name as by a plain rename: what comes out is a copy of ours, not what lay there. */
const replacesByRename: Sabotage = {
  fs: (fs) => ({
    ...fs,
    exchange(ours, target) {
      const bytes = readFile(fs, ours);
      fs.rename(ours, target);
      const fd = fs.open(ours, 'create-new');
      fs.write(fd, bytes, 0, bytes.length, 0);
      fs.close(fd);
    },
  }),
};

/** A little later than it is: no stat identity is so young that a change could have left it the same. */
const BEYOND_RACY_NS = 25_000_000n;
const trustsYoungStats: Sabotage = {
  clock: (clock) => ({ ...clock, nowNs: () => clock.nowNs() + BEYOND_RACY_NS }),
};

/** What a file's stat says is what it said when it was asked last. */
const answersByOldStats: Sabotage = {
  fs(fs) {
    const before = new Map<string, FileStat | undefined>();
    return {
      ...fs,
      lstat(path) {
        const stat = before.has(path) && path.endsWith('.json') ? before.get(path) : fs.lstat(path);
        before.set(path, fs.lstat(path));
        return stat;
      },
    };
  },
};

/** What is served beside a broken file looks like any other. */
const marksNothing: Sabotage = {
  world: (world) =>
    altered(world, ({ catalog }) => {
      const head = catalog.head.bind(catalog);
      const unmarked = (path: string): Head | undefined => {
        const found = head(path);
        return found && { ...found, problems: [] };
      };
      Object.assign(catalog, { head: unmarked });
    }),
};

/** However many documents vanish, there seem to be enough left. */
const holdsNothing: Sabotage = {
  world: (world) =>
    altered(world, ({ catalog }) =>
      Object.assign(catalog, { countPresentBelow: () => 1_000_000, directoriesBelow: () => [] }),
    ),
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
  /** What one of those that fail complains of. */
  readonly shows: RegExp;
}

/** Far more than it takes: which seeds show it changes with whatever the scenario or the product does otherwise. */
const MOST_SEEDS = 2000;

const SECOND_HAND = /no hand did that/;
const LOST = /^I6 .* kept nowhere/;

export const MISSING: readonly Missing[] = [
  {
    name: 'the sync before the answer',
    sabotage: answersBeforeTheSync,
    from: 1,
    count: MOST_SEEDS,
    shows: /the log has it not/,
  },
  {
    name: 'the sync of large bytes',
    sabotage: syncsNoBlob,
    from: 130,
    count: MOST_SEEDS,
    shows: /^I3 the bytes of event \d+ are gone/,
  },
  {
    name: 'the bytes beside those that are forgotten',
    sabotage: dropsTooMuch,
    from: 1,
    count: MOST_SEEDS,
    shows: /^I3 the bytes of event \d+ are gone/,
  },
  { name: 'redo', sabotage: { without: ['redo'] }, from: 1, count: MOST_SEEDS, shows: SECOND_HAND },
  {
    name: 'the identities that redo goes by',
    sabotage: knowsNoFileAgain,
    from: 55,
    count: MOST_SEEDS,
    shows: SECOND_HAND,
  },
  { name: 'the rescue of what a swap brings out', sabotage: rescuesNothing, from: 1, count: MOST_SEEDS, shows: LOST },
  {
    name: 'the second look at an absence',
    sabotage: believesOneAbsence,
    from: 1,
    count: MOST_SEEDS,
    shows: /not absent for/,
  },
  { name: 'the exchange of two files', sabotage: replacesByRename, from: 160, count: MOST_SEEDS, shows: LOST },
  {
    name: 'the doubt about a young stat',
    sabotage: trustsYoungStats,
    from: 365,
    count: MOST_SEEDS,
    shows: /^I1 .*(holds|rotten)|^I[36] .* kept nowhere/,
  },
  {
    name: 'the stat before each answer',
    sabotage: answersByOldStats,
    from: 350,
    count: MOST_SEEDS,
    shows: /did not lie there/,
  },
  {
    name: 'the mark of a broken file',
    sabotage: marksNothing,
    from: 1,
    count: MOST_SEEDS,
    shows: /^I4 .* without a mark/,
  },
  {
    name: 'the hold of what vanishes at once',
    sabotage: holdsNothing,
    from: 180,
    count: MOST_SEEDS,
    shows: /^3\.9 all/,
  },
  {
    name: 'the abort of a write that failed',
    sabotage: { without: ['abort'] },
    from: 1,
    count: MOST_SEEDS,
    shows: /was refused/,
  },
];

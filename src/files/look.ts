/**
 * One look at a path: lstat, then what is read must be the same file before and after (DESIGN 3.1). Only regular files below
 * real directories of the root's own device are ever opened.
 */
import { isRacy, statKeyOf, type StatKey } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';
import { absolutePath, blocked, checkParents, type Blocked, type ParentCheck } from './parents.ts';
import { afterFailure, hashWhole, readWhole } from './read-settled.ts';
import type { Look, World } from './types.ts';

export interface LookOptions {
  /** Larger files are not held; the look says `large`. */
  readonly maxBytes: number;
  /** Hash files above `maxBytes`. Blocks as long as reading them takes, so it belongs into a worker. */
  readonly hashLarge?: boolean;
  /** Where bytes are read to; a batch gives pieces of one buffer that it hands over whole. */
  readonly allocate?: (size: number) => Uint8Array;
  readonly parents?: ParentCheck;
}

const TRIES = 5;

/** Never throws for what is on disk: what cannot be read is `blocked`, what changes all the time `unstable`. */
export function look(world: World, path: string, options: LookOptions): Look {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = tryLook(world, path, options);
    if (found !== 'moved') return found;
  }
  return { kind: 'unstable' };
}

/**
 * The stat identity of a regular file on the root's device; undefined for all else, which a look explains. Cost: 3 us. Of the
 * directories above it nothing is asked: whoever knows a file by this identity has before him that very file, whichever way
 * leads to it now, and anybody else has to look.
 */
export function statOnly(world: World, path: string): StatKey | undefined {
  try {
    const stat = world.fs.lstat(absolutePath(world, path));
    return stat?.kind === 'file' && stat.dev === world.rootDevice ? statKeyOf(stat) : undefined;
  } catch {
    return undefined;
  }
}

function tryLook(world: World, path: string, options: LookOptions): Look | 'moved' {
  try {
    return lookOnce(world, path, options);
  } catch (error) {
    return afterFailure(error, null);
  }
}

function lookOnce(world: World, path: string, options: LookOptions): Look | 'moved' {
  // Read before the first stat: a change after this moment must leave a mark.
  const readAtNs = world.clock.nowNs();
  const checkAgain = (): ReturnType<ParentCheck> =>
    options.parents ? options.parents(path) : checkParents(world, path);
  const parents = checkAgain();
  if (parents !== 'sound') return parents === 'absent' ? { kind: 'absent' } : parents;
  const stat = world.fs.lstat(absolutePath(world, path));
  if (!stat) return { kind: 'absent' };
  const refused = refusal(world, stat);
  if (refused) return refused;
  const found = readFile(world, path, stat, readAtNs, options);
  // A directory above may have become a symlink before the open, which would have followed it.
  return checkAgain() === 'sound' ? found : 'moved';
}

function readFile(world: World, path: string, stat: FileStat, readAtNs: bigint, options: LookOptions): Look | 'moved' {
  const seen = { stat, key: statKeyOf(stat), racy: isRacy(stat.ctimeNs, readAtNs) };
  if (stat.size <= options.maxBytes) return readWhole(world, path, seen, options.allocate);
  return options.hashLarge === true ? hashWhole(world, path, seen) : { kind: 'large', ...seen, digest: null };
}

const KIND_NAMES = { directory: 'a directory', symlink: 'a symlink', other: 'a FIFO, socket or device' } as const;

function refusal(world: World, stat: FileStat): Blocked | undefined {
  const key = statKeyOf(stat);
  if (stat.kind !== 'file') return blocked(stat.kind === 'other' ? 'special' : stat.kind, KIND_NAMES[stat.kind], key);
  return stat.dev === world.rootDevice ? undefined : blocked('other-device', 'on another device than the root', key);
}

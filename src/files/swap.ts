/**
 * The swap: a temp file and its target change places atomically, so that whatever another program saved in the last moment
 * comes out into `.larder/tmp` instead of being overwritten (DESIGN 4). A create never overwrites; a delete is a rename into
 * `.larder/tmp`. Where the kernel or the file system lacks the calls: link, compare, rename.
 */
import { digestOf, type Digest } from '../core/digest.ts';
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import type { FileStat, FileSystem } from '../host/ports.ts';
import { codeOf } from './failures.ts';
import { discardTemp, tempName, writeTemp, type Temp, type TempWorld } from './temp.ts';

/** Which calls this file system has. */
export interface SwapMethod {
  readonly exchange: boolean;
  readonly noReplace: boolean;
}

export interface SwapWorld extends TempWorld {
  readonly swap: SwapMethod;
}

export interface Placement {
  /** Absolute. */
  readonly target: string;
  /** The new file; for a deletion the digest of what is taken out, which names it in `.larder/tmp`. */
  readonly temp: Temp | { readonly removes: Digest };
  /** What was judged: another file there is somebody's later work, and stays. */
  readonly expected: StatKey | 'absent';
}

export type Placed =
  | { readonly kind: 'placed'; readonly displaced: Displaced | null }
  /** The target is not what was expected; nothing was changed and the temp file is gone. */
  | { readonly kind: 'occupied' };

/** The file that the swap brought out, and whether it is the one that was expected. */
interface Displaced {
  readonly file: string;
  readonly asExpected: boolean;
}

const LACKING = new Set(['ENOSYS', 'EINVAL', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP']);

const EMPTY = digestOf(new Uint8Array());

const OCCUPIED: Placed = { kind: 'occupied' };

/** Tries both calls on two temp files, once at opening. */
export function probeSwap(world: TempWorld): SwapMethod {
  const probe = (): Temp => writeTemp(world, { path: 'probe', bytes: new Uint8Array(), digest: EMPTY, replaces: null });
  const [a, b] = [probe(), probe()];
  const exchange = works(() => world.fs.exchange(a.file, b.file));
  discardTemp(world, b);
  const noReplace = works(() => world.fs.renameNoReplace(a.file, b.file));
  discardTemp(world, noReplace ? b : a);
  return { exchange, noReplace };
}

function works(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (LACKING.has(codeOf(error))) return false;
    throw error;
  }
}

/** Puts a judged change in place. Throws the kernel's error with the tree as it was. */
export function place(world: SwapWorld, { target, temp, expected }: Placement): Placed {
  const stat = world.fs.lstat(target);
  const found = stat === undefined ? 'absent' : statKeyOf(stat);
  if (found !== expected) return giveUp(world, temp);
  if ('removes' in temp) return stat === undefined ? { kind: 'placed', displaced: null } : takeOut(world, target, temp.removes, stat);
  return stat === undefined ? create(world, target, temp) : replace(world, target, temp, stat);
}

function giveUp(world: SwapWorld, temp: Placement['temp']): Placed {
  if (!('removes' in temp)) discardTemp(world, temp);
  return OCCUPIED;
}

function create(world: SwapWorld, target: string, temp: Temp): Placed {
  try {
    if (world.swap.noReplace) world.fs.renameNoReplace(temp.file, target);
    else linkInto(world.fs, temp.file, target);
    return { kind: 'placed', displaced: null };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return giveUp(world, temp);
  }
}

function linkInto(fs: FileSystem, file: string, target: string): void {
  fs.link(file, target);
  fs.unlink(file);
}

function replace(world: SwapWorld, target: string, temp: Temp, expected: FileStat): Placed {
  if (!world.swap.exchange) return replaceByLink(world, target, temp, expected);
  try {
    world.fs.exchange(temp.file, target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return giveUp(world, temp);
    throw error;
  }
  return { kind: 'placed', displaced: displaced(world.fs, temp.file, expected) };
}

/** Some microseconds between the link and the rename stay unguarded: docs and /readyz say so. */
function replaceByLink(world: SwapWorld, target: string, temp: Temp, expected: FileStat): Placed {
  const kept = `${temp.file}.old`;
  try {
    world.fs.link(target, kept);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return giveUp(world, temp);
    throw error;
  }
  try {
    world.fs.rename(temp.file, target);
  } catch (error) {
    world.fs.unlink(kept);
    throw error;
  }
  return { kind: 'placed', displaced: displaced(world.fs, kept, expected) };
}

function takeOut(world: SwapWorld, target: string, digest: Digest, expected: FileStat): Placed {
  const file = tempName(world, digest);
  try {
    world.fs.rename(target, file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return OCCUPIED;
    throw error;
  }
  return { kind: 'placed', displaced: displaced(world.fs, file, expected) };
}

/** Compared without ctime, which our own calls change. */
function displaced(fs: FileSystem, file: string, expected: FileStat): Displaced {
  const stat = fs.lstat(file);
  const asExpected =
    stat !== undefined &&
    stat.ino === expected.ino &&
    stat.birthtimeNs === expected.birthtimeNs &&
    stat.mtimeNs === expected.mtimeNs &&
    stat.size === expected.size;
  return { file, asExpected };
}

/** Undoes a placement of a change set whose later part failed: what was displaced goes back. */
export function takeBack(world: SwapWorld, target: string, placed: Placed): void {
  if (placed.kind === 'occupied') return;
  if (placed.displaced === null) {
    if (world.fs.lstat(target)) world.fs.unlink(target);
    return;
  }
  world.fs.rename(placed.displaced.file, target);
}

/**
 * New bytes before they have a name: written whole into `.larder/tmp`, with mode, group, owner, ACL and user attributes of
 * what they will replace, so that a save through the API looks on disk like one by an editor. Nothing is synced here: the
 * event log is the redo record; where it keeps no bytes, whoever writes syncs the file (`syncTemp`).
 */
import { directoriesDownTo, parentOf } from '../core/paths-below.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { attempt, writeAll } from '../host/durable-files.ts';
import type { FileStat, FileSystem, RandomBytes } from '../host/ports.ts';
import { dressLikeDirectory, dressLikeReplaced, NEW_FILE_MODE, own } from './dress.ts';
import { codeOf } from './failures.ts';
import { absolutePath } from './parents.ts';
import type { Spares } from './spares.ts';

/** What writing needs of the tree. */
export interface WriteWorld {
  readonly fs: FileSystem;
  readonly random: RandomBytes;
  /** Absolute. */
  readonly root: string;
  readonly rootDevice: bigint;
  readonly rootInode: bigint;
  /** Absolute path of `.larder/tmp`: on the root's own device, readable by nobody else. */
  readonly tmp: string;
  /** Where there are some. */
  readonly spares?: Spares;
}

export interface Temp {
  /** Absolute path. The name begins with 16 digits of the digest that the bytes have, which start-up compares. */
  readonly file: string;
  /** After the last write: inode, birth time and mtime stay what they are when the file gets its name. */
  readonly stat: FileStat;
}

export interface NewBytes {
  /** Where they will go, below the root; the directory must exist. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** The file there now; null when there is none. */
  readonly replaces: FileStat | null;
}

/** What the name of a temp file with these bytes begins with; also of the name itself. */
export const tempDigits = (digestOrName: string): string => digestOrName.slice(0, 16);

export const tempName = (world: Pick<WriteWorld, 'random' | 'tmp'>, digest: Digest): string =>
  `${world.tmp}/${tempDigits(digest)}-${Buffer.from(world.random(8)).toString('hex')}`;

/** Throws what the disk says (ENOSPC, EDQUOT, EIO, …); nothing is left behind then. */
export function writeTemp(world: WriteWorld, { path, bytes, digest, replaces }: NewBytes): Temp {
  const file = tempName(world, digest);
  const permissions = (replaces?.mode ?? NEW_FILE_MODE) & 0o777;
  const fd = world.spares?.take(file, permissions) ?? world.fs.open(file, 'create-new', permissions);
  try {
    // A full disk shows as a short write without an error, which is why the size is looked at too.
    writeAll(world.fs, fd, bytes, 0);
    const stat = world.fs.fstat(fd);
    if (stat.size !== bytes.length) throw Object.assign(new Error(`${file} is shorter than written`), { code: 'EIO' });
    if (replaces) dressLikeReplaced(world.fs, { fd, file, stat }, absolutePath(world, path), replaces);
    else dressLikeDirectory(world.fs, { fd, file, stat }, absolutePath(world, parentOf(path)));
    return { file, stat };
  } catch (error) {
    // That it cannot be removed either is no news beside the reason.
    attempt(() => world.fs.unlink(file));
    throw error;
  } finally {
    world.fs.close(fd);
  }
}

/** All of them, or none: what was written before a failure is removed again. */
export function writeTemps(world: WriteWorld, files: readonly NewBytes[]): Temp[] {
  const temps: Temp[] = [];
  try {
    for (const file of files) temps.push(writeTemp(world, file));
    return temps;
  } catch (error) {
    for (const temp of temps) attempt(() => discardTemp(world, temp));
    throw error;
  }
}

/** For bytes that no log keeps. */
export async function syncTemp({ fs }: Pick<WriteWorld, 'fs'>, { file }: Temp): Promise<void> {
  const fd = fs.open(file, 'read');
  try {
    await fs.fsync(fd);
  } finally {
    fs.close(fd);
  }
}

/** Removes a temp file that was not placed. What a swap left under its name is somebody's document, and stays. */
export function discardTemp(world: Pick<WriteWorld, 'fs'>, { file, stat }: Temp): void {
  const now = world.fs.lstat(file);
  if (now && now.ino === stat.ino && now.birthtimeNs === stat.birthtimeNs) world.fs.unlink(file);
}

/** Makes what is missing of a directory (below the root) and answers the new ones, outermost first. */
export function makeDirectories(world: WriteWorld, directory: string): string[] {
  const made: string[] = [];
  let parent = asDirectory(world, '', world.fs.lstat(world.root));
  for (const path of directoriesDownTo(directory)) {
    const absolute = absolutePath(world, path);
    let stat = world.fs.lstat(absolute);
    if (!stat) {
      makeDirectory(world, path, parent);
      made.push(path);
      stat = world.fs.lstat(absolute);
    }
    parent = asDirectory(world, path, stat);
  }
  return made;
}

/** Throws ENOTDIR for anything else, symlinks included: nothing is ever written through one. */
function asDirectory(world: WriteWorld, path: string, stat: FileStat | undefined): FileStat {
  if (stat?.kind !== 'directory') {
    throw Object.assign(new Error(`ENOTDIR: ${path || 'the root'} is not a directory`), { code: 'ENOTDIR' });
  }
  if (stat.dev !== world.rootDevice)
    throw new LarderError('other_device', `${path || 'the root'} lies on another device`);
  return stat;
}

function makeDirectory(world: WriteWorld, path: string, parent: FileStat): void {
  const absolute = absolutePath(world, path);
  try {
    world.fs.makeDirectory(absolute, parent.mode);
  } catch (error) {
    // Somebody else made it just now: then it is theirs, as it is.
    if (codeOf(error) !== 'EEXIST') throw error;
    return;
  }
  const fd = world.fs.open(absolute, 'directory');
  try {
    const stat = world.fs.fstat(fd);
    own(world.fs, fd, stat, { uid: stat.uid, gid: parent.gid });
    if (world.fs.fstat(fd).mode !== parent.mode) world.fs.chmod(fd, parent.mode);
  } finally {
    world.fs.close(fd);
  }
}

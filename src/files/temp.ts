/**
 * Temp files in `.larder/tmp`: the new bytes of a document before they take its place. Their name begins with the first 16
 * digits of the digest, so that start-up can tell ours from what a swap brought out. Not synced: the log is the redo record.
 */
import type { Digest } from '../core/digest.ts';
import type { FileStat, FileSystem, RandomBytes } from '../host/ports.ts';
import { codeOf } from './failures.ts';

export interface TempWorld {
  readonly fs: FileSystem;
  readonly random: RandomBytes;
  /** Absolute path of the root, and of `.larder/tmp`. */
  readonly root: string;
  readonly tmp: string;
}

export interface Temp {
  readonly file: string;
  readonly stat: FileStat;
}

export interface NewFile {
  /** Below the root. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** The file whose mode, owner, ACL and attributes the new one takes over; null: they come from the directory. */
  readonly replaces: FileStat | null;
}

const NAME_DIGITS = 16;
const RANDOM_BYTES = 8;
/** What a directory's mode gives a file in it: no execution, no setgid. */
const FILE_BITS = 0o666;

/** A name nobody has in `.larder/tmp`, for bytes of this digest. */
export const tempName = (world: TempWorld, digest: Digest): string =>
  `${world.tmp}/${digest.slice(0, NAME_DIGITS)}-${Buffer.from(world.random(RANDOM_BYTES)).toString('hex')}`;

/** Throws the kernel's error; nothing is left behind then. */
export function writeTemp(world: TempWorld, { path, bytes, digest, replaces }: NewFile): Temp {
  const file = tempName(world, digest);
  const fd = world.fs.open(file, 'create-new', 0o600);
  try {
    writeAll(world.fs, fd, bytes);
    adopt(world, fd, file, path, replaces);
    return { file, stat: world.fs.fstat(fd) };
  } catch (error) {
    world.fs.unlink(file);
    throw error;
  } finally {
    world.fs.close(fd);
  }
}

/** Removes a temp file that never took its place; a crash leaves it to the next start. */
export function discardTemp({ fs }: Pick<TempWorld, 'fs'>, { file }: Temp): void {
  try {
    fs.unlink(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Loops over short writes, and believes the size only. */
function writeAll(fs: FileSystem, fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += fs.write(fd, bytes, written, bytes.length - written, written);
  }
  if (fs.fstat(fd).size !== bytes.length) throw Object.assign(new Error('ENOSPC: the file is shorter than what was written'), { code: 'ENOSPC' });
}

function adopt(world: TempWorld, fd: number, file: string, path: string, replaces: FileStat | null): void {
  const parent = parentStat(world, path);
  const own = world.fs.fstat(fd);
  const uid = replaces?.uid ?? own.uid;
  const gid = replaces?.gid ?? parent?.gid ?? own.gid;
  if (uid !== own.uid || gid !== own.gid) chownWherePermitted(world.fs, fd, uid, gid);
  world.fs.chmod(fd, replaces ? replaces.mode : (parent?.mode ?? FILE_BITS) & FILE_BITS);
  if (replaces) world.fs.copyAttributes(`${world.root}/${path}`, file);
}

const parentStat = ({ fs, root }: TempWorld, path: string): FileStat | undefined => {
  const slash = path.lastIndexOf('/');
  return fs.lstat(slash < 0 ? root : `${root}/${path.slice(0, slash)}`);
};

/** Only root may give files away; a group we are in may be set by the owner. */
function chownWherePermitted(fs: FileSystem, fd: number, uid: number, gid: number): void {
  for (const owner of [uid, -1]) {
    try {
      return fs.chown(fd, owner, gid);
    } catch (error) {
      if (codeOf(error) !== 'EPERM') throw error;
    }
  }
}

/** Makes the missing directories of a path below the root, each with group and mode of its parent. */
export function makeDirectories(world: Pick<TempWorld, 'fs' | 'root'>, directory: string): void {
  if (directory === '' || world.fs.lstat(`${world.root}/${directory}`)) return;
  const slash = directory.lastIndexOf('/');
  const parent = slash < 0 ? '' : directory.slice(0, slash);
  makeDirectories(world, parent);
  const above = world.fs.lstat(parent === '' ? world.root : `${world.root}/${parent}`);
  makeDirectory(world.fs, `${world.root}/${directory}`, above);
}

function makeDirectory(fs: FileSystem, path: string, above: FileStat | undefined): void {
  try {
    fs.makeDirectory(path, 0o700);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  const fd = fs.open(path, 'directory');
  try {
    if (above && fs.fstat(fd).gid !== above.gid) chownWherePermitted(fs, fd, -1, above.gid);
    fs.chmod(fd, above?.mode ?? 0o755);
  } finally {
    fs.close(fd);
  }
}

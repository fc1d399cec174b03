/** Owner, mode, ACL and attributes of a new file, taken from the file it replaces or from the directory it comes into. */
import type { FileStat, FileSystem } from '../host/ports.ts';
import { codeOf, hasMoved } from './failures.ts';

export const NEW_FILE_MODE = 0o666;

export interface OpenFile {
  readonly fd: number;
  readonly file: string;
  readonly stat: FileStat;
}

export function dressLikeReplaced(
  fs: FileSystem,
  { fd, file, stat }: OpenFile,
  replaced: string,
  like: FileStat,
): void {
  own(fs, fd, stat, like);
  copyAttributes(fs, replaced, file);
  // Last, because changing the owner takes bits away and an ACL brings its own.
  if (fs.fstat(fd).mode !== like.mode) fs.chmod(fd, like.mode);
}

/** Group and mode come from the directory: in a shared tree a new file is writable for whom the directory is. */
export function dressLikeDirectory(fs: FileSystem, { fd, file, stat }: OpenFile, directory: string): void {
  const like = fs.lstat(directory);
  if (!like) return;
  own(fs, fd, stat, { uid: stat.uid, gid: like.gid });
  fs.chmod(fd, like.mode & NEW_FILE_MODE);
  copyAttributes(fs, directory, file);
  const { mode } = fs.fstat(fd);
  // A default ACL is written for directories too: it may run what a document never is.
  if ((mode & ~NEW_FILE_MODE) !== 0) fs.chmod(fd, mode & NEW_FILE_MODE);
}

/** From a file that may be gone or replaced by now: then there is nothing to take over. */
function copyAttributes(fs: FileSystem, from: string, to: string): void {
  try {
    fs.copyAttributes(from, to);
  } catch (error) {
    if (!hasMoved(error)) throw error;
  }
}

type Owner = Pick<FileStat, 'uid' | 'gid'>;

/** Only root may give files away, and only to groups of their own may others: what is not permitted is left. */
export function own(fs: FileSystem, fd: number, now: Owner, like: Owner): void {
  if (now.uid === like.uid && now.gid === like.gid) return;
  if (tryOwn(fs, fd, like) || now.gid === like.gid) return;
  tryOwn(fs, fd, { uid: now.uid, gid: like.gid });
}

function tryOwn(fs: FileSystem, fd: number, { uid, gid }: Owner): boolean {
  try {
    fs.chown(fd, uid, gid);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EPERM' || codeOf(error) === 'EINVAL') return false;
    throw error;
  }
}

import * as fs from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { kernel } from './kernel-calls.ts';
import type { DirectoryEntry, FileKind, FileStat, FileSystem, OpenMode } from './ports.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, O_NOCTTY } =
  fs.constants;

/** A FIFO would hang the process and a symlink would lead out of the root: every open refuses both. */
const SAFE = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | SAFE,
  'create-new': O_WRONLY | O_CREAT | O_EXCL | SAFE,
  'append-or-create': O_WRONLY | O_CREAT | O_APPEND | SAFE,
  'read-write': O_RDWR | SAFE,
  directory: O_RDONLY | O_DIRECTORY | SAFE,
};

/** O_TMPFILE, which Node has no name for: this bit and O_DIRECTORY. */
const NAMELESS = 0o20000000 | O_DIRECTORY | O_WRONLY;

const kindOf = (entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileKind => {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
};

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = fs.constants;
const KIND_BY_MODE = new Map<number, FileKind>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
]);

const toStat = (stats: BigIntStats): FileStat => statOf(stats, Number(stats.mode));

const statOf = (stats: BigIntStats, mode: number): FileStat => ({
  kind: KIND_BY_MODE.get(mode & S_IFMT) ?? 'other',
  size: Number(stats.size),
  mode: mode & 0o7777,
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  nlink: Number(stats.nlink),
  dev: stats.dev,
  ino: stats.ino,
  mtimeNs: stats.mtimeNs,
  ctimeNs: stats.ctimeNs,
  birthtimeNs: stats.birthtimeNs,
});

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const nameOf = (raw: Uint8Array): string | null => {
  try {
    return utf8.decode(raw);
  } catch {
    return null;
  }
};

const toEntry = (dirent: fs.Dirent<NonSharedBuffer>): DirectoryEntry => ({
  name: nameOf(dirent.name),
  rawName: dirent.name,
  kind: kindOf(dirent),
});

const settle = (run: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

/** A file stands where a directory would be: `throwIfNoEntry` does not cover that. */
const isNothing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOTDIR';

/** The real file system. */
export const nodeFileSystem: FileSystem = {
  lstat(path) {
    try {
      const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stats && toStat(stats);
    } catch (error) {
      if (isNothing(error)) return undefined;
      throw error;
    }
  },
  fstat: (fd) => toStat(fs.fstatSync(fd, { bigint: true })),
  readDirectory: (path) => fs.readdirSync(path, { withFileTypes: true, encoding: 'buffer' }).map(toEntry),
  open: (path, mode, permissions = 0o666) => fs.openSync(path, FLAGS[mode], permissions),
  openNameless: (directory, permissions) => fs.openSync(directory, NAMELESS, permissions),
  name: (fd, path) => kernel.nameFile(fd, path),
  read: (fd, buffer, offset, length, position) => fs.readSync(fd, buffer, offset, length, position),
  write: (fd, bytes, offset, length, position) => fs.writeSync(fd, bytes, offset, length, position),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  close: (fd) => fs.closeSync(fd),
  fsync: (fd) => settle((done) => fs.fsync(fd, done)),
  fdatasync: (fd) => settle((done) => fs.fdatasync(fd, done)),
  fsyncSync: (fd) => fs.fsyncSync(fd),
  async syncAll(path) {
    const fd = fs.openSync(path, FLAGS.directory);
    try {
      await kernel.syncFileSystem(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  makeDirectory: (path, mode = 0o777) => void fs.mkdirSync(path, { mode }),
  removeDirectory: (path) => fs.rmdirSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  link: (existing, path) => fs.linkSync(existing, path),
  unlink: (path) => fs.unlinkSync(path),
  remove: (path) => settle((done) => fs.unlink(path, done)),
  chmod: (fd, mode) => fs.fchmodSync(fd, mode),
  chown: (fd, uid, gid) => fs.fchownSync(fd, uid, gid),
  setTimes: (path, atimeMs, mtimeMs) => fs.utimesSync(path, atimeMs / 1000, mtimeMs / 1000),
  exchange: (a, b) => kernel.renameWithFlags(a, b, 'exchange'),
  renameNoReplace: (from, to) => kernel.renameWithFlags(from, to, 'no-replace'),
  copyAttributes: (from, to) => kernel.copyAttributes(from, to, () => fs.lstatSync(from).isDirectory()),
  isOpenForWriting(path) {
    const fd = fs.openSync(path, FLAGS.read);
    try {
      return kernel.isOpenForWriting(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  space(path) {
    const stats = fs.statfsSync(path);
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
  },
};

/** The directory that is served, checked before anything is opened in it. */
import { LarderError } from '../core/errors.ts';
import type { FileStat, FileSystem } from '../host/ports.ts';

export interface Root {
  /** Absolute. */
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** What a copy of the root has not: `device:inode`. */
  readonly identity: string;
  readonly log: string;
  readonly derived: string;
  readonly blobs: string;
  readonly tmp: string;
  readonly lockFile: string;
}

const OURS = '.larder';
const PRIVATE = 0o700;

/** Makes `.larder` where it is missing. Throws `root_missing` and `root_empty` with what to do. */
export function prepareRoot(fs: FileSystem, path: string, refuseEmpty: boolean): Root {
  const stat = checkDirectory(fs, path);
  if (refuseEmpty && fs.lstat(`${path}/${OURS}/log`) === undefined && isEmpty(fs, path)) {
    throw new LarderError(
      'root_empty',
      `${path} is empty and has no history: is its disk mounted? A new root is made with: larder init --root ${path}`,
    );
  }
  const ours = `${path}/${OURS}`;
  const below = (name: string): string => `${ours}/${name}`;
  try {
    for (const directory of [ours, below('log'), below('derived'), below('blobs'), below('tmp')])
      ensureDirectory(fs, directory);
  } catch (error) {
    throw new LarderError(
      'root_missing',
      `${ours} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const identity = `${stat.dev}:${stat.ino}`;
  return {
    path,
    device: stat.dev,
    inode: stat.ino,
    identity,
    log: below('log'),
    derived: below('derived'),
    blobs: below('blobs'),
    tmp: below('tmp'),
    lockFile: below('lock'),
  };
}

function checkDirectory(fs: FileSystem, path: string): FileStat {
  const stat = fs.lstat(path);
  if (!stat)
    throw new LarderError('root_missing', `${path} is not there: make the directory, or name another with --root`);
  if (stat.kind !== 'directory') throw new LarderError('root_missing', `${path} is not a directory`);
  return stat;
}

const isEmpty = (fs: FileSystem, path: string): boolean =>
  fs.readDirectory(path).every(({ name }) => name === OURS || name === 'lost+found');

function ensureDirectory(fs: FileSystem, path: string): void {
  if (fs.lstat(path)?.kind !== 'directory') fs.makeDirectory(path, PRIVATE);
}

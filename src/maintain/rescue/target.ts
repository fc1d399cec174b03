/** Where rescued versions are written. Names come from a damaged log, so they are judged before anything is made of them. */
import { dirname } from 'node:path/posix';
import type { LoggedEntry } from '../../core/events.ts';
import { LarderError } from '../../core/errors.ts';
import { attempt, writeAll } from '../../host/durable-files.ts';
import type { FileSystem } from '../../host/ports.ts';

interface Where {
  /** It stands for its path. */
  readonly isNewest: boolean;
  readonly allVersions: boolean;
}

export interface Target extends Disposable {
  /** Writes a version; gives the files below the target that hold it. */
  write(entry: LoggedEntry, bytes: Uint8Array, where: Where): string[];
  list(line: object): void;
  /** Paths that have a newest version. */
  paths(): number;
}

/** Throws LarderError `bad_usage` for a directory that holds something, or lies inside the root. */
export function openTarget(fs: FileSystem, directory: string, root: string): Target {
  if (directory === root || directory.startsWith(`${root}/`))
    throw new LarderError('bad_usage', `${directory} lies inside the root; rescue writes outside of it`);
  makeDirectories(fs, directory);
  if (fs.readDirectory(directory).length > 0)
    throw new LarderError('bad_usage', `${directory} is not empty: name a directory that is new or empty`);
  const list = fs.open(`${directory}/versions.ndjson`, 'create-new', 0o600);
  let [position, paths] = [0, 0];
  return {
    write({ path, seq, kind }, bytes, { isNewest, allVersions }) {
      if (!isSafe(path)) return [];
      const newest = `newest/${path}`;
      const files = [
        ...(isNewest ? [newest] : []),
        ...(allVersions ? [`versions/${path}/${seq}-${kind ?? 'version'}`] : []),
      ];
      const written = files.filter((file) => put(fs, `${directory}/${file}`, bytes));
      if (written.includes(newest)) paths++;
      return written;
    },
    list(line) {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      writeAll(fs, list, bytes, position);
      position += bytes.length;
    },
    paths: () => paths,
    [Symbol.dispose]: () => fs.close(list),
  };
}

const isSafe = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');

/** False where a name is taken by something else: a folder that was a document before, a name that the file system refuses. */
function put(fs: FileSystem, path: string, bytes: Uint8Array): boolean {
  try {
    makeDirectories(fs, dirname(path));
    write(fs, path, bytes);
    return true;
  } catch (error) {
    if (isFatal(error)) throw error;
    return false;
  }
}

/** Leaves nothing behind where it fails; what was there before stays: it was rescued a moment ago. */
function write(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const fd = fs.open(path, 'create-new', 0o600);
  try {
    writeAll(fs, fd, bytes, 0);
  } catch (error) {
    attempt(() => fs.unlink(path));
    throw error;
  } finally {
    fs.close(fd);
  }
}

const FATAL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES']);
const isFatal = (error: unknown): boolean => error instanceof Error && 'code' in error && FATAL.has(error.code);

function makeDirectories(fs: FileSystem, path: string): void {
  if (fs.lstat(path)) return;
  makeDirectories(fs, dirname(path));
  fs.makeDirectory(path, 0o700);
}

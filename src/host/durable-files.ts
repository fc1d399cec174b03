/**
 * What must survive a power cut: all bytes, then the file's sync, then the rename, then the sync of the directory that
 * holds the new name (restic's order, internal/backend/local).
 */
import { dirname } from 'node:path/posix';
import type { FileSystem } from './ports.ts';

/** Writes to the last byte; the kernel may take fewer at a time. Throws the kernel's error after what it took. */
export function writeAll(fs: FileSystem, fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const written = fs.write(fd, bytes, done, bytes.length - done, position + done);
    if (written === 0) throw Object.assign(new Error('EIO: a write took nothing'), { code: 'EIO' });
    done += written;
  }
}

/** Reads up to `length` bytes; fewer only at the end of the file. */
export function readFully(fs: FileSystem, fd: number, position: number, length: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = fs.read(fd, buffer, done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}

/** Opens a file for reading as long as `use` runs. */
export function withOpen<T>(fs: FileSystem, path: string, use: (fd: number) => T): T {
  const fd = fs.open(path, 'read');
  try {
    return use(fd);
  } finally {
    fs.close(fd);
  }
}

/** Makes the names in a directory durable. The descriptor is new each time: a failed sync is never repeated on an old one. */
export async function syncDirectory(fs: FileSystem, path: string): Promise<void> {
  const fd = fs.open(path, 'directory');
  try {
    await fs.fsync(fd);
  } finally {
    fs.close(fd);
  }
}

/**
 * Makes a directory and those above it down from `base`, which must exist, and syncs the entry of each, also of those that
 * were there: the process that made them may have died before its sync.
 */
export async function makeDirectoriesDurably(fs: FileSystem, base: string, path: string, mode: number): Promise<void> {
  if (path === base) return;
  const parent = dirname(path);
  await makeDirectoriesDurably(fs, base, parent, mode);
  if (!fs.lstat(path)) fs.makeDirectory(path, mode);
  await syncDirectory(fs, parent);
}

export interface DurableFile {
  /** Absolute; on the same file system as `temporary`. */
  readonly path: string;
  readonly temporary: string;
  readonly permissions: number;
}

/** Writes and syncs the temporary file whole; removes it when that fails. Gives its descriptor. */
export async function writeTemporary(fs: FileSystem, file: DurableFile, bytes: Uint8Array): Promise<number> {
  const fd = fs.open(file.temporary, 'create-new', file.permissions);
  try {
    writeAll(fs, fd, bytes, 0);
    if (fs.fstat(fd).size !== bytes.length) throw new Error(`${file.temporary} is not as long as what was written`);
    await fs.fsync(fd);
    return fd;
  } catch (error) {
    discard(fs, fd, file.temporary);
    throw error;
  }
}

/**
 * Gives the temporary file its name, durably. The descriptor stays open; it is closed when the name could not be given. `check` throws
 * where the place is another one by now.
 */
export async function publish(fs: FileSystem, fd: number, file: DurableFile, check?: () => void): Promise<void> {
  try {
    check?.();
    fs.rename(file.temporary, file.path);
    await syncDirectory(fs, dirname(file.path));
  } catch (error) {
    discard(fs, fd, file.temporary);
    throw error;
  }
}

/** Puts bytes at a path, replacing what is there, so that any crash leaves the old file or the whole new one. */
export async function writeFileDurably(
  fs: FileSystem,
  file: DurableFile,
  bytes: Uint8Array,
  check?: () => void,
): Promise<void> {
  const fd = await writeTemporary(fs, file, bytes);
  await publish(fs, fd, file, check);
  fs.close(fd);
}

function discard(fs: FileSystem, fd: number, path: string): void {
  attempt(() => fs.close(fd));
  attempt(() => fs.unlink(path));
}

/** For clean-up after a failure, where the first error is the one to tell. */
export function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // Start-up removes what is left.
  }
}

/** An error of the kernel, not of ours. */
export const isKernelError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && FULL.has(error.code);

/** None where the file system does not say. */
export function freeBytes(fs: FileSystem, directory: string): number {
  try {
    return fs.space(directory).freeBytes;
  } catch {
    return 0;
  }
}

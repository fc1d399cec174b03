/**
 * The two ports to the world: files and time. Nothing outside `host` imports node:fs or reads a clock, so that the same
 * code runs on the real machine, on a simulated one, and on one that fails at the Nth call.
 *
 * Calls are synchronous where the kernel answers from memory (a promise costs ten times the call), and promises where a
 * disk is waited for.
 */

export type FileKind = 'file' | 'directory' | 'symlink' | 'other';

/** What lstat says, with exact nanoseconds. */
export interface FileStat {
  readonly kind: FileKind;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
}

export interface DirectoryEntry {
  /** The name as text, or null when its bytes are not UTF-8. */
  readonly name: string | null;
  readonly rawName: Uint8Array;
  readonly kind: FileKind;
}

/** Open flags by meaning. Every open adds O_NOFOLLOW, O_NONBLOCK and O_CLOEXEC. */
export type OpenMode = 'read' | 'create-new' | 'append-or-create' | 'read-write' | 'directory';

/** Failed calls throw an Error with the kernel's `code` ('ENOENT', 'ENOSPC', …). Paths are absolute. */
export interface FileSystem {
  /** Undefined when nothing is there (ENOENT, ENOTDIR); other failures throw. */
  lstat(path: string): FileStat | undefined;
  fstat(fd: number): FileStat;
  readDirectory(path: string): DirectoryEntry[];
  open(path: string, mode: OpenMode, permissions?: number): number;
  /** A new file without a name (O_TMPFILE); it is gone when it is closed, unless `name` gave it one. */
  readonly openNameless?: (directory: string, permissions: number) => number;
  /** Gives it its name, which must be free. */
  readonly name?: (fd: number, path: string) => void;
  /** Number of bytes read; 0 at the end. */
  read(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  /** Number of bytes written, possibly fewer than asked. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  fsync(fd: number): Promise<void>;
  fdatasync(fd: number): Promise<void>;
  fsyncSync(fd: number): void;
  /** Syncs the whole file system below this path (syncfs); undefined where the kernel lacks it. */
  readonly syncAll?: (path: string) => Promise<void>;
  /** Makes one directory; its parent must exist. */
  makeDirectory(path: string, mode?: number): void;
  removeDirectory(path: string): void;
  rename(from: string, to: string): void;
  link(existing: string, path: string): void;
  unlink(path: string): void;
  /** As `unlink`, off the event loop: while a journal commits, freeing the blocks of a file waits for the disk. */
  readonly remove?: (path: string) => Promise<void>;
  chmod(fd: number, mode: number): void;
  chown(fd: number, uid: number, gid: number): void;
  setTimes(path: string, atimeMs: number, mtimeMs: number): void;
  /** Swaps two names atomically (renameat2 RENAME_EXCHANGE). Throws ENOSYS or EINVAL where the kernel or file system lacks it. */
  exchange(a: string, b: string): void;
  /** Renames unless the target exists (RENAME_NOREPLACE); EEXIST then. Throws ENOSYS or EINVAL where it is lacking. */
  renameNoReplace(from: string, to: string): void;
  /** Copies ACL and user extended attributes between open files, as far as the file system has them. */
  copyAttributes(fromPath: string, toPath: string): void;
  /** Whether another program has the file open for writing; undefined where the kernel does not say. Cost: 7 us. */
  readonly isOpenForWriting?: (path: string) => boolean | undefined;
  /** Free and total bytes of the file system below this path. */
  space(path: string): { readonly freeBytes: number; readonly totalBytes: number };
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, ms since the epoch; may go back. */
  nowMs(): number;
  /** Wall clock in ns, comparable with a file's ctime. */
  nowNs(): bigint;
  /** Monotonic ms, for durations. */
  monotonicMs(): number;
  /** Runs once after a delay; does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Lets the event loop do other work, then continues. */
  yieldTurn(): Promise<void>;
}

/** Random bytes; a simulation gives them from its seed. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * Calls of the C library that Node does not offer, through koffi: renameat2 with its flags, names for nameless files, leases, and extended
 * attributes (which carry ACLs too). Loaded at first use. Where the library or a call is missing, the caller sees ENOSYS and falls back.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

type Call = (...parameters: unknown[]) => number;
type AsyncCall = (...parameters: unknown[]) => void;

interface Library {
  readonly renameat2: Call;
  readonly linkat: Call;
  /** Variadic: the type of the third argument comes before it. */
  readonly fcntl: Call;
  readonly listxattr: Call;
  readonly getxattr: Call;
  readonly setxattr: Call;
  /** syncfs on a thread of its own; the callback gets what it answered. */
  readonly syncfs: AsyncCall;
  readonly errno: () => number;
}

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const [F_SETSIG, F_SETLEASE] = [10, 1024];
const [F_RDLCK, F_UNLCK] = [0, 2];
const FLAG = { 'no-replace': 1, exchange: 2 } as const;
const LARGEST_ATTRIBUTE_BYTES = 64 * 1024;
const ACCESS_ACL = 'system.posix_acl_access';
const DEFAULT_ACL = 'system.posix_acl_default';

let loaded: Library | null | undefined;
let namesDirectly = true;
/** One buffer for all calls: they are synchronous, and 64 KiB anew for each would cost ten times the call. */
let scratch: Uint8Array | undefined;

function load(): Library | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const c = koffi.load(null);
    return {
      renameat2: c.func('int renameat2(int, const char *, int, const char *, unsigned int)'),
      linkat: c.func('int linkat(int, const char *, int, const char *, int)'),
      fcntl: c.func('int fcntl(int, int, ...)'),
      listxattr: c.func('long llistxattr(const char *, uint8_t *, size_t)'),
      getxattr: c.func('long lgetxattr(const char *, const char *, uint8_t *, size_t)'),
      setxattr: c.func('int lsetxattr(const char *, const char *, const uint8_t *, size_t, int)'),
      syncfs: c.func('int syncfs(int)').async as AsyncCall,
      errno: () => koffi.errno(),
    };
  } catch {
    return null;
  }
}

const library = (): Library | null => (loaded === undefined ? (loaded = load()) : loaded);

function failure(errno: number, call: string, path: string): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, errno: -errno, syscall: call, path });
}

const missing = (call: string, path: string): Error =>
  Object.assign(new Error(`ENOSYS: ${call} '${path}'`), { code: 'ENOSYS', syscall: call, path });

/** Most files have none, which the first call says without a buffer. */
function attributeNames(c: Library, path: string): string[] {
  if (c.listxattr(path, null, 0) <= 0) return [];
  const buffer = (scratch ??= new Uint8Array(LARGEST_ATTRIBUTE_BYTES));
  const length = c.listxattr(path, buffer, buffer.length);
  if (length <= 0) return [];
  return Buffer.from(buffer.buffer, 0, length).toString('utf8').split('\0');
}

/**
 * The name under which an attribute goes on to another file; null when it does not. POSIX ACLs and what users and tools set
 * go on, security.* and trusted.* belong to the system. A directory hands down its default ACL and nothing else.
 */
function nameOnCopy(name: string, fromDirectory: boolean): string | null {
  if (fromDirectory) return name === DEFAULT_ACL ? ACCESS_ACL : null;
  return name === ACCESS_ACL || name.startsWith('user.') ? name : null;
}

function copyAttribute(
  c: Library,
  from: { readonly path: string; readonly name: string },
  to: string,
  name: string,
): void {
  const value = (scratch ??= new Uint8Array(LARGEST_ATTRIBUTE_BYTES));
  const length = c.getxattr(from.path, from.name, value, value.length);
  if (length >= 0) c.setxattr(to, name, value, length, 0);
}

export const kernel = {
  renameWithFlags(from: string, to: string, flag: keyof typeof FLAG): void {
    const c = library();
    if (!c) throw missing('renameat2', to);
    if (c.renameat2(AT_FDCWD, from, AT_FDCWD, to, FLAG[flag]) !== 0) throw failure(c.errno(), 'renameat2', to);
  },

  /** Gives an open file without a name one (open(2), O_TMPFILE). Throws ENOSYS, EEXIST, ENOENT. */
  nameFile(fd: number, path: string): void {
    const c = library();
    if (!c) throw missing('linkat', path);
    if (namesDirectly && c.linkat(fd, '', AT_FDCWD, path, AT_EMPTY_PATH) === 0) return;
    // Refused to all but root before Linux 6.10, and said as ENOENT; the way over /proc costs a third more.
    namesDirectly &&= c.errno() !== constants.errno.ENOENT;
    if (c.linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, path, AT_SYMLINK_FOLLOW) !== 0)
      throw failure(c.errno(), 'linkat', path);
  },

  /**
   * Whether anybody has the file of this descriptor, which is open for reading alone, open for writing, or mapped so: the kernel refuses
   * a read lease then (fcntl(2), F_SETLEASE). Undefined where it does not say: of a file of another user, on some network file systems.
   */
  isOpenForWriting(fd: number): boolean | undefined {
    const c = library();
    if (!c) return undefined;
    // Whoever opens it in this very moment makes the kernel signal us. Unlike SIGIO this one ends nobody.
    if (c.fcntl(fd, F_SETSIG, 'int', constants.signals.SIGURG) !== 0) return undefined;
    if (c.fcntl(fd, F_SETLEASE, 'int', F_RDLCK) !== 0) return c.errno() === constants.errno.EAGAIN ? true : undefined;
    c.fcntl(fd, F_SETLEASE, 'int', F_UNLCK);
    return false;
  },

  /** Syncs the file system that an open file lies on, without holding up the caller (syncfs). Throws ENOSYS, EIO. */
  syncFileSystem(fd: number): Promise<void> {
    const c = library();
    if (!c) return Promise.reject(missing('syncfs', String(fd)));
    return new Promise((resolve, reject) => {
      c.syncfs(fd, (error: Error | null, answer: number) => {
        if (error === null && answer === 0) resolve();
        else reject(error ?? Object.assign(new Error('EIO: syncfs'), { code: 'EIO', syscall: 'syncfs' }));
      });
    });
  },

  /** Best effort: a file system without attributes has none to lose. Cost: 2 us where there are none. */
  copyAttributes(from: string, to: string, fromDirectory: () => boolean): void {
    const c = library();
    if (!c) return;
    const names = attributeNames(c, from);
    if (names.length === 0) return;
    const inherited = fromDirectory();
    for (const name of names) {
      const newName = nameOnCopy(name, inherited);
      if (newName !== null) copyAttribute(c, { path: from, name }, to, newName);
    }
  },
};

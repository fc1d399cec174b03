/**
 * A file system that fails where a plan says so: the Nth call, of one kind or at one path, once or for ever. To try every
 * failure of a piece of work, run it with the fault at call 1, 2, 3 … until a run ends with nothing fired.
 */
import type { FileSystem, OpenMode } from './ports.ts';

/** The process died here: nothing it would have done after this happened. */
export class Crash extends Error {
  constructor() {
    super('the process died here');
    this.name = 'Crash';
  }
}

type Outcome =
  | { readonly kind: 'error'; readonly code: string }
  /** A write takes at most this many bytes; other calls go through. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** `after`: the call still took effect. */
  | { readonly kind: 'crash'; readonly after?: boolean };

export interface Fault {
  /** Counts only these calls; all without it. */
  readonly calls?: readonly (keyof FileSystem)[];
  /** Counts only calls at paths that hold this text. */
  readonly path?: string;
  /** From 1 on. */
  readonly nth: number;
  /** Every call from the nth on fails too. A crash lasts anyway. */
  readonly forever?: boolean;
  readonly outcome: Outcome;
}

export interface FaultyFileSystem extends FileSystem {
  /** Calls that the faults could have hit, for each fault in the order of the plan. */
  readonly counts: readonly number[];
  /** Whether any fault has happened. */
  readonly fired: boolean;
  /** Kills the process that uses this object: every later call throws `Crash`. What was written stays written. */
  die(): void;
}

type Run<T> = (short: number | null) => T;

class Injector {
  readonly counts: number[];
  readonly paths = new Map<number, string>();
  readonly #plan: readonly Fault[];
  #dead = false;
  fired = false;

  constructor(plan: readonly Fault[]) {
    this.#plan = plan;
    this.counts = plan.map(() => 0);
  }

  call<T>(name: keyof FileSystem, path: string, run: Run<T>): T {
    if (this.#dead) throw new Crash();
    const outcome = this.#outcomeOf(name, path);
    if (!outcome) return run(null);
    this.fired = true;
    if (outcome.kind === 'error') throw failure(outcome.code, name, path);
    if (outcome.kind === 'short') return run(outcome.bytes);
    if (outcome.after) run(null);
    this.#dead = true;
    throw new Crash();
  }

  async promise(name: keyof FileSystem, path: string, run: () => Promise<void>): Promise<void> {
    let done: Promise<void> | undefined;
    try {
      await this.call(name, path, () => (done = run()));
    } catch (error) {
      await done;
      throw error;
    }
    if (this.#dead) throw new Crash();
  }

  die(): void {
    this.#dead = true;
  }

  at(fd: number): string {
    return this.paths.get(fd) ?? '';
  }

  #outcomeOf(name: keyof FileSystem, path: string): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const [index, fault] of this.#plan.entries()) {
      if (!concerns(fault, name, path)) continue;
      const count = (this.counts[index] = (this.counts[index] ?? 0) + 1);
      if (count === fault.nth || (fault.forever && count > fault.nth)) outcome ??= fault.outcome;
    }
    return outcome;
  }
}

const concerns = (fault: Fault, name: keyof FileSystem, path: string): boolean =>
  (fault.calls?.includes(name) ?? true) && (fault.path === undefined || path.includes(fault.path));

const failure = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });

const shorter = (length: number, short: number | null): number =>
  short === null ? length : Math.min(length, Math.max(1, short));

export function faultyFileSystem(inner: FileSystem, plan: readonly Fault[]): FaultyFileSystem {
  const injector = new Injector(plan);
  const { paths } = injector;
  const at = (fd: number): string => injector.at(fd);
  const open = (path: string, mode: OpenMode, permissions?: number): number => {
    const fd = inner.open(path, mode, permissions);
    paths.set(fd, path);
    return fd;
  };
  return {
    get counts() {
      return injector.counts;
    },
    get fired() {
      return injector.fired;
    },
    die: () => injector.die(),
    lstat: (path) => injector.call('lstat', path, () => inner.lstat(path)),
    fstat: (fd) => injector.call('fstat', at(fd), () => inner.fstat(fd)),
    readDirectory: (path) => injector.call('readDirectory', path, () => inner.readDirectory(path)),
    open: (path, mode, permissions) => injector.call('open', path, () => open(path, mode, permissions)),
    read: (fd, buffer, offset, length, position) =>
      injector.call('read', at(fd), () => inner.read(fd, buffer, offset, length, position)),
    write: (fd, bytes, offset, length, position) =>
      injector.call('write', at(fd), (short) => inner.write(fd, bytes, offset, shorter(length, short), position)),
    truncate: (fd, size) => injector.call('truncate', at(fd), () => inner.truncate(fd, size)),
    close: (fd) => injector.call('close', at(fd), () => inner.close(fd)),
    fsync: (fd) => injector.promise('fsync', at(fd), () => inner.fsync(fd)),
    fdatasync: (fd) => injector.promise('fdatasync', at(fd), () => inner.fdatasync(fd)),
    fsyncSync: (fd) => injector.call('fsyncSync', at(fd), () => inner.fsyncSync(fd)),
    makeDirectory: (path, mode) => injector.call('makeDirectory', path, () => inner.makeDirectory(path, mode)),
    removeDirectory: (path) => injector.call('removeDirectory', path, () => inner.removeDirectory(path)),
    rename: (from, to) => injector.call('rename', to, () => inner.rename(from, to)),
    link: (existing, path) => injector.call('link', path, () => inner.link(existing, path)),
    unlink: (path) => injector.call('unlink', path, () => inner.unlink(path)),
    chmod: (fd, mode) => injector.call('chmod', at(fd), () => inner.chmod(fd, mode)),
    chown: (fd, uid, gid) => injector.call('chown', at(fd), () => inner.chown(fd, uid, gid)),
    setTimes: (path, atimeMs, mtimeMs) => injector.call('setTimes', path, () => inner.setTimes(path, atimeMs, mtimeMs)),
    exchange: (a, b) => injector.call('exchange', a, () => inner.exchange(a, b)),
    renameNoReplace: (from, to) => injector.call('renameNoReplace', to, () => inner.renameNoReplace(from, to)),
    copyAttributes: (from, to) => injector.call('copyAttributes', to, () => inner.copyAttributes(from, to)),
    space: (path) => injector.call('space', path, () => inner.space(path)),
  };
}

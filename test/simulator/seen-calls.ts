/** A file system whose calls somebody watches, and one of which a part lies elsewhere. */
import type { FileSystem } from '../../src/host/ports.ts';

export type Call = Exclude<keyof FileSystem, 'syncAll'>;

const BY_DESCRIPTOR = [
  'fstat',
  'read',
  'write',
  'truncate',
  'close',
  'fsync',
  'fdatasync',
  'fsyncSync',
  'chmod',
  'chown',
];
/** Calls that name what they change second. */
const BY_TARGET = ['rename', 'link', 'renameNoReplace', 'copyAttributes', 'exchange'];

const CALLS = [
  'lstat',
  'fstat',
  'readDirectory',
  'open',
  'read',
  'write',
  'truncate',
  'close',
  'fsync',
  'fdatasync',
  'fsyncSync',
  'makeDirectory',
  'removeDirectory',
  'rename',
  'link',
  'unlink',
  'chmod',
  'chown',
  'setTimes',
  'exchange',
  'renameNoReplace',
  'copyAttributes',
  'space',
] as const satisfies Call[];

type Arguments = readonly unknown[];

export interface Watching {
  /** Before the call; a throw is the call's answer. */
  readonly before: (call: Call, path: string, args: Arguments) => void;
  /** After a call that worked. */
  readonly after?: (call: Call, path: string, args: Arguments) => void;
}

export interface SeenFileSystem extends FileSystem {
  /** Descriptors that the process holds. */
  readonly held: ReadonlyMap<number, string>;
}

const ask = (fs: FileSystem, call: Call, args: Arguments): unknown =>
  (fs[call] as (...given: Arguments) => unknown)(...args);

/** Every call with the path it is about; promises settle as the inner ones do. */
export function seenCalls(fs: FileSystem, { before, after }: Watching): SeenFileSystem {
  const paths = new Map<number, string>();
  const run = (call: Call, args: Arguments): unknown => {
    const path = pathOf(call, args, paths);
    before(call, path, args);
    const answer = ask(fs, call, args);
    if (call === 'open') paths.set(answer as number, path);
    if (call === 'close') paths.delete(args[0] as number);
    after?.(call, path, args);
    return answer;
  };
  const calls = CALLS.map((call) => [call, (...args: Arguments) => run(call, args)] as const);
  return { ...Object.fromEntries(calls), held: paths } as unknown as SeenFileSystem;
}

function pathOf(call: Call, args: Arguments, paths: ReadonlyMap<number, string>): string {
  if (BY_DESCRIPTOR.includes(call)) return paths.get(args[0] as number) ?? '';
  return args[BY_TARGET.includes(call) ? 1 : 0] as string;
}

/** Descriptors of the other file system, far from those of the first. */
const FAR = 1_000_000;

/** What lies below a directory is on another file system. */
export function mounted(fs: FileSystem, directory: string, other: FileSystem): FileSystem {
  const isThere = (path: unknown): boolean => typeof path === 'string' && path.startsWith(`${directory}/`);
  const answer = (call: Call, args: Arguments): unknown => {
    const [first, ...rest] = args;
    if (typeof first === 'number' && first >= FAR) return ask(other, call, [first - FAR, ...rest]);
    if (!isThere(first)) return ask(fs, call, args);
    const found = ask(other, call, args);
    return call === 'open' ? (found as number) + FAR : found;
  };
  const calls = CALLS.map((call) => [call, (...args: Arguments) => answer(call, args)] as const);
  return Object.fromEntries(calls) as unknown as FileSystem;
}

/** A Larder over a real directory that tests edit by hand, without a watcher unless they want one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileSystem } from '../../src/host/ports.ts';
import type { FeedEvent, CurrentAnswer } from '../../src/core/requests.ts';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder, type OpenOptions } from '../../src/larder.ts';

export interface TestLarder extends AsyncDisposable {
  readonly root: string;
  larder: Larder;
  at(path: string): string;
  save(path: string, text: string): void;
  /** Closes and opens it again; `while` it is closed something may happen to the files. */
  reopen(meanwhile?: () => void): Promise<void>;
  read(id: string): Promise<CurrentAnswer>;
  text(id: string): Promise<string | null>;
  events(): readonly FeedEvent[];
}

export const me = { actor: 'test', cause: 'api' } as const;
export const ref = (id: string): { collection: string; id: string } => ({ collection: 'lod/things', id });
export const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export async function openTestLarder(
  files: Readonly<Record<string, string>> = {},
  options: Partial<OpenOptions> = {},
): Promise<TestLarder> {
  const root = mkdtempSync(join(tmpdir(), 'larder-'));
  const at = (path: string): string => join(root, path);
  const save = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  for (const [path, text] of Object.entries(files)) save(path, text);
  const open = async (): Promise<Larder> => {
    const larder = await openLarder({ root, watcher: 'none', ...options });
    await larder.ready;
    return larder;
  };
  const world: TestLarder = {
    root,
    larder: await open(),
    at,
    save,
    async reopen(meanwhile) {
      await world.larder[Symbol.asyncDispose]();
      meanwhile?.();
      world.larder = await open();
    },
    read: (id) => world.larder.read(ref(id)),
    async text(id) {
      const answer = await world.read(id);
      return answer.kind === 'served' ? new TextDecoder().decode(answer.bytes) : null;
    },
    events() {
      const caughtUp = world.larder.changes({ kind: 'all' }, 'beginning', 1000, null);
      return caughtUp.kind === 'range' ? caughtUp.events : [];
    },
    async [Symbol.asyncDispose]() {
      await world.larder[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return world;
}

/** Tells which files were synced, one by one or with their directory, through the real file system. */
export function notingSyncs(fs: FileSystem, synced: Set<string>): FileSystem {
  const pathByFd = new Map<number, string>();
  return {
    ...fs,
    open(path, mode, permissions) {
      const fd = fs.open(path, mode, permissions);
      pathByFd.set(fd, path);
      return fd;
    },
    async fsync(fd) {
      await fs.fsync(fd);
      synced.add(pathByFd.get(fd) ?? '');
    },
  };
}

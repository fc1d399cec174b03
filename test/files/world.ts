/** A real directory seen through the ports, for tests of single looks. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import type { World } from '../../src/files/types.ts';

export interface FilesWorld extends World, Disposable {
  readonly at: (path: string) => string;
  readonly save: (path: string, body?: string | Uint8Array) => void;
}

/** `through` wraps the file system, to let something happen between its calls. */
export function openFilesWorld(through: (fs: FileSystem) => Partial<FileSystem> = () => ({})): FilesWorld {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'larder-files-')));
  const at = (path: string): string => join(root, path);
  return {
    fs: { ...nodeFileSystem, ...through(nodeFileSystem) },
    clock: systemClock,
    root,
    rootDevice: nodeFileSystem.lstat(root)?.dev ?? 0n,
    rootInode: nodeFileSystem.lstat(root)?.ino ?? 0n,
    at,
    save(path, body = '{}') {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), body);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

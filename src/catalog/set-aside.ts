import type { FileSystem } from '../host/ports.ts';

const PREFIX = 'damaged-';

/** Moves a database that cannot be believed out of the way, for whoever wants to know why; only the newest is kept. */
export function setAside(fs: FileSystem, directory: string, name: string, nowMs: number): void {
  const files = [name, `${name}-wal`, `${name}-shm`].filter((file) => fs.lstat(`${directory}/${file}`) !== undefined);
  if (files.length === 0) return;
  for (const entry of fs.readDirectory(directory)) {
    if (entry.name?.startsWith(PREFIX) && entry.kind === 'file') fs.unlink(`${directory}/${entry.name}`);
  }
  for (const file of files) fs.rename(`${directory}/${file}`, `${directory}/${PREFIX}${nowMs}-${file}`);
}

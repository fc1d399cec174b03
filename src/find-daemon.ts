/** Which daemon serves a root, as its lock says: how a command line finds the one to ask. */
import { readLock } from './files/lock.ts';
import { nodeFileSystem } from './host/node-file-system.ts';

export interface FoundDaemon {
  readonly pid: number;
  readonly url: string;
}

/**
 * Null when nobody serves the root, or whoever does has no address (a command that opened it for itself). Throws what the
 * file system throws, EACCES above all: `.larder` is private to its owner.
 */
export function findDaemon(root: string): FoundDaemon | null {
  const stat = nodeFileSystem.lstat(root);
  const lock = `${root}/.larder/lock`;
  if (stat?.kind !== 'directory' || nodeFileSystem.lstat(lock) === undefined) return null;
  const holder = readLock(lock, `${stat.dev}:${stat.ino}`);
  return holder === null || holder.port === 0 ? null : { pid: holder.pid, url: urlOf(holder.host, holder.port) };
}

/** Somebody has the root open, a daemon or a command. A copied lock counts for nobody. */
export function holdsLock(root: string): boolean {
  const stat = nodeFileSystem.lstat(root);
  const lock = `${root}/.larder/lock`;
  if (stat?.kind !== 'directory' || nodeFileSystem.lstat(lock) === undefined) return false;
  return readLock(lock, `${stat.dev}:${stat.ino}`) !== null;
}

export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

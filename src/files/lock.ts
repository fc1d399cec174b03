/**
 * One daemon a root. The lock is a SQLite file with an open write transaction: the kernel frees it with the process, however
 * that ends. The row committed before says who holds it (FORMAT, lock).
 */
import Database from 'better-sqlite3';
import { LarderError } from '../core/errors.ts';
import { nodeFileSystem } from '../host/node-file-system.ts';
import { codeOf } from './failures.ts';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
}

export interface LockOptions extends Holder {
  /** Absolute path of `.larder/lock`. */
  readonly file: string;
  /** Device and inode of the root: a copied lock is void. */
  readonly rootIdentity: string;
}

export interface Lock {
  /** Says where the daemon listens, once it knows. */
  announce(address: { readonly host: string; readonly port: number }): void;
  release(): void;
}

type Row = Holder & { readonly root: string };

const TABLE =
  'CREATE TABLE IF NOT EXISTS holder (only INTEGER PRIMARY KEY CHECK (only = 1), root TEXT, pid INTEGER, host TEXT, port INTEGER)';
const WRITE = 'INSERT OR REPLACE INTO holder (only, root, pid, host, port) VALUES (1, ?, ?, ?, ?)';

/** Throws `root_locked` with who holds it. A file that is no database is held by nobody: it is damaged, and made anew. */
export function takeLock(options: LockOptions): Lock {
  try {
    return tryLock(options);
  } catch (error) {
    if (!isDamaged(error)) throw lockedError(options.file, error);
    nodeFileSystem.unlink(options.file);
    return tryLock(options);
  }
}

function tryLock({ file, rootIdentity, ...holder }: LockOptions): Lock {
  const database = new Database(file, { timeout: 0 });
  const hold = (named: Holder): void => {
    try {
      database.exec(TABLE);
      database.prepare(WRITE).run(rootIdentity, named.pid, named.host, named.port);
    } catch (error) {
      // The lock is what counts; only who holds it is not said on a full disk.
      if (!isFull(error)) throw error;
    }
    database.exec('BEGIN IMMEDIATE');
  };
  try {
    // A journal on disk would need free space. A power cut may tear the row, but its holder is gone then as well.
    database.pragma('journal_mode = MEMORY');
    hold(holder);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    announce(address) {
      database.exec('ROLLBACK');
      hold({ ...address, pid: holder.pid });
    },
    release: () => void database.close(),
  };
}

const isDamaged = (error: unknown): boolean => ['SQLITE_NOTADB', 'SQLITE_CORRUPT'].includes(codeOf(error));

const isFull = (error: unknown): boolean => error instanceof Database.SqliteError && error.code === 'SQLITE_FULL';

function lockedError(file: string, error: unknown): LarderError {
  const held = readRow(file);
  const who =
    held === null
      ? 'another process'
      : `process ${held.pid}${held.port > 0 ? ` at http://${held.host}:${held.port}` : ''}`;
  return new LarderError('root_locked', `${file} is held: ${who} serves this root already`, { cause: error });
}

function readRow(file: string): Row | null {
  try {
    const database = new Database(file, { readonly: true, timeout: 0, fileMustExist: true });
    try {
      return (database.prepare('SELECT root, pid, host, port FROM holder').get() as Row | undefined) ?? null;
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

/** Who serves the root just now; null when nobody does, whatever a stale or copied row says. */
export function readLock(file: string, rootIdentity: string): Holder | null {
  const row = readRow(file);
  if (row === null || row.root !== rootIdentity || !isHeld(file)) return null;
  return { pid: row.pid, host: row.host, port: row.port };
}

/** A lock that can be taken is held by nobody. */
function isHeld(file: string): boolean {
  const database = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

/**
 * Three connections to one database in WAL mode. The writer changes; the reader answers every read, from what was committed
 * last, so that nobody sees half a frame while a transaction of the writer stays open over several turns of the event loop;
 * the pin holds a snapshot still during a checkpoint (checkpoints.ts).
 *
 * Power loss: the writer runs at synchronous = NORMAL, which leaves SQLite one sync to make by itself, of the log's header
 * when the log starts anew. All others are made by checkpoints.ts, asynchronously but in SQLite's order: log before database,
 * database before the log is overwritten. So a power cut takes the newest frames at most, which the event log still has, and
 * never leaves a mixture; damage that the disk itself makes is met as SQLITE_CORRUPT, and opening again rebuilds.
 */
import Database from 'better-sqlite3';
import { execute, pragma } from './sql.ts';

export interface Connections {
  readonly writer: Database.Database;
  readonly reader: Database.Database;
  readonly pin: Database.Database;
}

/** Page caches, in KiB: bounded, because the daemon's whole memory is. The kernel caches the same pages anyway. */
const WRITER_CACHE_KIB = 16_000;
const READER_CACHE_KIB = 8000;
const PIN_CACHE_KIB = 64;
/** A log that grew in a busy hour is cut back to this when it starts anew. */
const LOG_LIMIT_BYTES = 32 * 1024 * 1024;

function open(path: string, cacheKiB: number, synchronous: 'NORMAL' | 'OFF'): Database.Database {
  const database = new Database(path);
  try {
    pragma(database, 'journal_mode = WAL');
    pragma(database, `synchronous = ${synchronous}`);
    pragma(database, `cache_size = -${cacheKiB}`);
    pragma(database, 'wal_autocheckpoint = 0');
    pragma(database, `journal_size_limit = ${LOG_LIMIT_BYTES}`);
    pragma(database, 'temp_store = MEMORY');
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

export const openWriter = (path: string): Database.Database => open(path, WRITER_CACHE_KIB, 'NORMAL');

/** The reader also copies pages at a checkpoint, without the syncs that are made around it. */
export function openConnections(path: string, writer: Database.Database): Connections {
  const reader = open(path, READER_CACHE_KIB, 'OFF');
  execute(reader, 'PRAGMA query_only = ON');
  return { writer, reader, pin: open(path, PIN_CACHE_KIB, 'OFF') };
}

/** The writer goes last: the last connection makes a checkpoint of everything, and only the writer's is synced. */
export function closeConnections({ writer, reader, pin }: Connections): void {
  for (const database of [pin, reader, writer]) database.close();
}

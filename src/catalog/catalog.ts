/** The catalog, opened: what is believed of the database on disk is checked here, and what cannot be is made anew. */
import Database from 'better-sqlite3';
import type { Seq } from '../core/events.ts';
import { freeBytes } from '../host/durable-files.ts';
import type { Clock, FileSystem } from '../host/ports.ts';
import { Applier } from './applier.ts';
import { openTables } from './apply-entry.ts';
import { CatalogError } from './catalog-error.ts';
import { openCheckpoints } from './checkpoints.ts';
import { closeConnections, openConnections, openWriter } from './connections.ts';
import { Gathering, LEAST_FREE_BYTES, settledFirst } from './gathering.ts';
import { openHeadReads } from './heads.ts';
import { openHistoryReads } from './histories.ts';
import { openListReads } from './lists.ts';
import { openMerging } from './merging.ts';
import { openProblemReads } from './problems.ts';
import { openRetained } from './retained.ts';
import { openScopes } from './scopes.ts';
import { openPastLists } from './past-lists.ts';
import { openSelections } from './selections.ts';
import { setAside } from './set-aside.ts';
import { openSightings } from './sightings.ts';
import { execute, pragma, prepareCommand, prepareQuery, type RawRow } from './sql.ts';
import { APPLICATION_ID, FORMAT_VERSION, TABLES } from './tables.ts';
import { Transactions } from './transactions.ts';
import type { Catalog } from './types.ts';

export interface CatalogOptions {
  /** Absolute path of `.larder/derived`. */
  readonly directory: string;
  /** The log that is followed. */
  readonly logId: string;
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Does not believe what is there, whatever it is. */
  readonly anew?: boolean;
  /** The database could not be synced: it serves on, and is made anew at the next start. */
  readonly onFailure?: (error: unknown) => void;
}

/** Where the database lies. */
export const catalogFile = (directory: string): string => `${directory}/${NAME}`;

interface State {
  readonly logId: string;
  readonly reached: Seq;
}

const NAME = 'catalog.sqlite';
const STATE = 'SELECT log_id, reached FROM state';
const decodeState = (row: RawRow): State => ({ logId: row[0] as string, reached: row[1] as number });

/** What a catalog on disk has seen, without opening it for good; null when there is none that can be believed. */
export function peekCatalog(directory: string): State | null {
  try {
    const database = new Database(`${directory}/${NAME}`, { readonly: true, fileMustExist: true });
    try {
      return isOurs(database) ? (prepareQuery(database, STATE, decodeState).get() ?? null) : null;
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

const isOurs = (database: Database.Database): boolean =>
  pragma(database, 'application_id') === APPLICATION_ID && pragma(database, 'user_version') === FORMAT_VERSION;

/** Never fails for damage of its own files: they are set aside. Throws CatalogError `full` or `failed` for the disk. */
export function openCatalog(options: CatalogOptions): Catalog {
  const path = catalogFile(options.directory);
  const found = options.anew === true ? null : openFound(path, options.logId);
  if (found) return assemble(path, found, options, false);
  setAside(options.fs, options.directory, NAME, options.clock.nowMs());
  return assemble(path, create(path, options.logId), options, true);
}

/** The writer of a database that can be believed, or null. */
function openFound(path: string, logId: string): Database.Database | null {
  if (peekCatalog(path.slice(0, path.lastIndexOf('/')))?.logId !== logId) return null;
  try {
    return openWriter(path);
  } catch (error) {
    if (error instanceof CatalogError && error.failure === 'damaged') return null;
    throw error;
  }
}

function create(path: string, logId: string): Database.Database {
  const writer = openWriter(path);
  execute(writer, `BEGIN; ${TABLES} PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
  execute(writer, `PRAGMA application_id = ${APPLICATION_ID}`);
  prepareCommand(writer, 'INSERT INTO state (id, log_id, reached) VALUES (1, ?, 0)')(logId);
  return writer;
}

function assemble(path: string, writer: Database.Database, options: CatalogOptions, isNew: boolean): Catalog {
  const { fs, clock, logId } = options;
  const connections = openConnections(path, writer);
  const { reader } = connections;
  const scopes = openScopes(writer);
  const tables = openTables(writer, scopes);
  const transactions = new Transactions(writer, scopes);
  const onFailure = (error: unknown): void => {
    execute(writer, 'PRAGMA user_version = 0');
    options.onFailure?.(error);
  };
  const checkpoints = openCheckpoints({ path, connections, fs, onFailure });
  const reached = prepareQuery(writer, STATE, decodeState).get()?.reached ?? 0;
  const merging = openMerging(writer, clock);
  const applier = new Applier({ tables, transactions, checkpoints, merging, clock, reached });
  const { committed, ...heads } = openHeadReads(reader, () => transactions.commits);
  const hasRoom = (): boolean => freeBytes(fs, options.directory) >= LEAST_FREE_BYTES;
  const gathering = new Gathering({ applier, clock, head: heads.head, hasRoom, onCommitted: committed });
  const settle = (): void => gathering.settle();
  return {
    logId,
    isNew,
    get reached() {
      settle();
      return applier.reached;
    },
    apply(frames) {
      settle();
      return applier.apply(frames);
    },
    gather: (frames) => gathering.gather(frames),
    ...settledFirst(settle, {
      ...heads,
      ...openSightings(writer, tables, transactions),
      ...openListReads(reader),
      ...openPastLists(reader),
      ...openHistoryReads(reader),
      ...openRetained(reader, writer, applier),
      ...openSelections(reader),
      ...openProblemReads(reader),
    }),
    head: (name) => gathering.head(name) ?? heads.head(name),
    pathFoldedAs(form, name) {
      if (gathering.holdsFolded(form)) settle();
      return heads.pathFoldedAs(form, name);
    },
    sizeBytes: () => [path, `${path}-wal`].reduce((sum, file) => sum + (fs.lstat(file)?.size ?? 0), 0),
    [Symbol.dispose]() {
      settle();
      applier.close();
      merging[Symbol.dispose]();
      checkpoints[Symbol.dispose]();
      closeConnections(connections);
    },
  };
}

import Database from 'better-sqlite3';

/**
 * Why the catalog failed, by what the caller can do about it:
 * `damaged`: close it and open it again; opening sets the files aside and rebuilds.
 * `full`: no space; the same call succeeds once there is some. Reading goes on.
 * `behind`: an earlier frame could not be applied; apply from `reached` on.
 * `closed`: the catalog was closed meanwhile.
 * `failed`: the file system refused something; the cause says what.
 */
export type CatalogFailure = 'damaged' | 'full' | 'behind' | 'closed' | 'failed';

export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly failure: CatalogFailure;

  constructor(failure: CatalogFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/** Result codes that speak of the machine rather than of our code, by their beginning (sqlite.org/rescode.html). */
const FAILURES: readonly (readonly [prefix: string, failure: CatalogFailure])[] = [
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_NOTADB', 'damaged'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR', 'failed'],
  ['SQLITE_CANTOPEN', 'failed'],
  ['SQLITE_READONLY', 'failed'],
];

/** What SQLite threw as a CatalogError; a mistake in our own SQL stays what it is, a bug. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const known = FAILURES.find(([prefix]) => error.code.startsWith(prefix));
  return known ? new CatalogError(known[1], `catalog: ${error.message} (${error.code})`, error) : error;
}

/** A fold in a scratch database (fold.ts). */
import Database from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, EventFrame, Seq } from '../core/events.ts';
import { codesOf } from './codes.ts';
import type { FoundFile, Mismatch } from './fold.ts';
import { after, blank, leftBehind, NOWHERE, type FoldedPath, type Row } from './fold-rows.ts';
import type { RoomyFold } from './memory-fold.ts';
import { execute, pragma, prepareCommand, prepareQuery, type Bindable, type Query, type RawRow } from './sql.ts';

const TABLES = `
  CREATE TABLE heads (
    path TEXT PRIMARY KEY, disk TEXT, disk_seq INTEGER NOT NULL, served TEXT, served_seq INTEGER, deleted_seq INTEGER,
    last_seq INTEGER NOT NULL, problems INTEGER NOT NULL, size INTEGER NOT NULL, mtime TEXT, body TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE files (path TEXT PRIMARY KEY, digest TEXT, why TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE chains (chain BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE blobs (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

const HEAD =
  'h.path, h.disk, h.disk_seq, h.served, h.served_seq, h.deleted_seq, h.last_seq, h.problems, h.size, h.mtime, h.body';
const GET = `SELECT ${HEAD} FROM heads h WHERE h.path = ?`;
const PUT = 'INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const PUT_NEW = 'INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const PUT_FILE = 'INSERT OR REPLACE INTO files VALUES (?, ?, ?)';
const PUT_BLOB = 'INSERT OR IGNORE INTO blobs VALUES (?)';
const PUT_CHAIN = 'INSERT OR IGNORE INTO chains VALUES (?, ?)';
const HAS_CHAIN = 'SELECT seq FROM chains WHERE chain = ?';
const PRESENT = `
  SELECT ${HEAD} FROM heads h WHERE h.path > ? AND (h.disk IS NOT NULL OR h.served IS NOT NULL OR h.problems <> 0)
  ORDER BY h.path LIMIT ?`;
const BESIDE = `
  SELECT ${HEAD}, f.path, f.digest, f.why FROM heads h LEFT JOIN files f ON f.path = h.path
  WHERE h.path > ? AND h.path <= ? AND h.disk IS NOT f.digest ORDER BY h.path`;
/** Where a page of paths ends. */
const PAGE_END = 'SELECT max(path) FROM (SELECT path FROM heads WHERE path > ? ORDER BY path LIMIT ?)';
const UNKNOWN = `
  SELECT f.path, f.digest, f.why FROM files f LEFT JOIN heads h ON h.path = f.path
  WHERE f.path > ? AND h.path IS NULL ORDER BY f.path LIMIT ?`;
const WITH_DIGEST = 'SELECT path FROM files WHERE digest = ? LIMIT 1';
const BLOBS = 'SELECT digest FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?';

export function openScratchFold(): RoomyFold {
  // The empty name is a temporary file that SQLite makes, and removes by itself (sqlite.org/inmemorydb.html).
  const database = new Database('');
  pragma(database, 'journal_mode = OFF');
  pragma(database, 'synchronous = OFF');
  pragma(database, 'cache_size = -32000');
  execute(database, TABLES);
  execute(database, 'BEGIN');
  return new ScratchFold(database);
}

class ScratchFold implements RoomyFold {
  readonly #database: Database.Database;
  readonly #get;
  readonly #put;
  readonly #putNew;
  readonly #putFile;
  readonly #putBlob;
  readonly #putChain;
  readonly #hasChain;
  readonly #present;
  readonly #beside;
  readonly #pageEnd;
  readonly #unknown;
  readonly #withDigest;
  readonly #blobs;
  readonly #count;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#get = prepareQuery(database, GET, decodeRow);
    this.#put = prepareCommand(database, PUT);
    this.#putNew = prepareCommand(database, PUT_NEW);
    this.#putFile = prepareCommand(database, PUT_FILE);
    this.#putBlob = prepareCommand(database, PUT_BLOB);
    this.#putChain = prepareCommand(database, PUT_CHAIN);
    this.#hasChain = prepareQuery(database, HAS_CHAIN, (row) => row[0] as number);
    this.#present = prepareQuery(database, PRESENT, decodeRow);
    this.#pageEnd = prepareQuery(database, PAGE_END, (row) => row[0] as string | null);
    this.#beside = prepareQuery(database, BESIDE, decodeBeside);
    this.#unknown = prepareQuery(database, UNKNOWN, (row) => decodeFile(row, 0));
    this.#withDigest = prepareQuery(database, WITH_DIGEST, (row) => row[0] as string);
    this.#blobs = prepareQuery(database, BLOBS, (row) => row[0] as Digest);
    this.#count = prepareQuery(database, 'SELECT count(*) FROM heads', (row) => row[0] as number);
  }

  put(row: Row): void {
    this.#save(row);
  }

  putBlob(digest: Digest): void {
    this.#putBlob(digest);
  }

  apply(frame: EventFrame): void {
    for (const entry of frame.entries) {
      if (entry.body.in === 'blob' && entry.digest !== null) this.#putBlob(entry.digest);
      // Most entries of a first index are these: nothing has to be read for a path that is new.
      if (entry.op === 'create' && this.#saveNew(after(blank(entry.path), entry))) continue;
      const from = entry.from === undefined || entry.from === entry.path ? undefined : this.#get.get(entry.from);
      if (from) this.#save(leftBehind(from, entry));
      const before = this.#get.get(entry.path) ?? blank(entry.path);
      this.#save(after(before, entry));
    }
  }

  addChain(chain: Uint8Array, seq: Seq): void {
    this.#putChain(chain, seq);
  }

  hasChain(chain: Uint8Array): boolean {
    return this.#hasChain.get(chain) !== undefined;
  }

  addFile({ path, digest, why }: FoundFile): void {
    this.#putFile(path, digest, why);
  }

  get(path: string): FoldedPath | undefined {
    return this.#get.get(path);
  }

  present(limit: number): Generator<readonly FoldedPath[]> {
    return paged(this.#present, limit, ({ path }) => path);
  }

  *mismatches(limit: number): Generator<readonly Mismatch[]> {
    let begin = '';
    for (let end = this.#pageEnd.get('', limit); end; end = this.#pageEnd.get(end, limit)) {
      yield this.#beside.all(begin, end);
      begin = end;
    }
  }

  unknownFiles(limit: number): Generator<readonly FoundFile[]> {
    return paged(this.#unknown, limit, ({ path }) => path);
  }

  fileWith(digest: Digest): string | undefined {
    return this.#withDigest.get(digest);
  }

  blobs(limit: number): Generator<readonly Digest[]> {
    return paged(this.#blobs, limit, (digest) => digest);
  }

  count(): number {
    return this.#count.get() ?? 0;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #save(row: Row): void {
    this.#put(...columnsOf(row));
  }

  /** False where the path is known. */
  #saveNew(row: Row): boolean {
    return this.#putNew(...columnsOf(row)).changes > 0;
  }
}

/** Each page begins behind the last of the one before. */
function* paged<T>(query: Query<T>, limit: number, keyOf: (row: T) => string): Generator<readonly T[]> {
  for (let page = query.all('', limit); page.length > 0;) {
    yield page;
    const last = page.at(-1);
    page = last === undefined ? [] : query.all(keyOf(last), limit);
  }
}

const columnsOf = (row: Row): Bindable[] => [
  row.path,
  row.diskDigest,
  row.diskSeq,
  row.servedDigest,
  row.servedSeq,
  row.deletedSeq,
  row.lastSeq,
  row.bits,
  row.size,
  row.placedMtimeNs === null ? null : String(row.placedMtimeNs),
  row.body.in === 'nowhere' ? null : JSON.stringify(row.body),
];

function decodeRow(row: RawRow): Row {
  const [path, disk, diskSeq, served, servedSeq, deletedSeq, lastSeq, bits, size, mtime, body] = row as [
    string,
    Digest | null,
    number,
    Digest | null,
    number | null,
    number | null,
    number,
    number,
    number,
    string | null,
    string | null,
  ];
  return {
    path,
    diskDigest: disk,
    diskSeq,
    servedDigest: served,
    servedSeq,
    deletedSeq,
    lastSeq,
    bits,
    problems: codesOf(bits),
    size,
    placedMtimeNs: mtime === null ? null : BigInt(mtime),
    body: body === null ? NOWHERE : (JSON.parse(body) as BodyPlace),
  };
}

const HEAD_WIDTH = 11;

function decodeFile(row: RawRow, at: number): FoundFile {
  const [path, digest, why] = row.slice(at) as [string, Digest | null, string | null];
  return { path, digest, why };
}

const decodeBeside = (row: RawRow): { readonly folded: Row; readonly file: FoundFile | null } => ({
  folded: decodeRow(row),
  file: row[HEAD_WIDTH] === null ? null : decodeFile(row, HEAD_WIDTH),
});

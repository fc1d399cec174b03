/**
 * What the log says of every path, folded anew, and beside it what lies on disk, in a scratch database that SQLite spills to
 * a temporary file of its own: so a tree of any size is compared in bounded memory. It uses the same pure effects as the
 * catalog and none of its rows.
 */
import Database from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, EventFrame, LoggedEntry, Seq } from '../core/events.ts';
import { parseProblemCode } from '../core/problem-hints.ts';
import type { ProblemCode } from '../core/problems.ts';
import { bitOf, codesOf } from './codes.ts';
import { effectOf, headless, headsAfter, type Effect } from './entry-effects.ts';
import { DISPROVED_BY_BYTES } from './apply-entry.ts';
import { BLANK, type PathState } from './path-rows.ts';
import { DECIDED_BY_PEOPLE } from './problem-rows.ts';
import { execute, pragma, prepareCommand, prepareQuery, type Bindable, type RawRow } from './sql.ts';

export interface FoldedPath {
  readonly path: string;
  readonly diskDigest: Digest | null;
  readonly servedDigest: Digest | null;
  readonly servedSeq: Seq | null;
  readonly deletedSeq: Seq | null;
  /** Newest event that named the path. */
  readonly lastSeq: Seq;
  /** Codes of the problems that the log has not ended. */
  readonly problems: readonly ProblemCode[];
  /** Of the version that is the disk head. */
  readonly diskSeq: Seq;
  readonly size: number;
  readonly placedMtimeNs: bigint | null;
  readonly body: BodyPlace;
}

/** What was found at a path. `digest` null: nothing that can be read, and `why` says what. */
export interface FoundFile {
  readonly path: string;
  readonly digest: Digest | null;
  readonly key: string;
  readonly why: string | null;
}

interface Mismatch {
  readonly folded: FoldedPath | null;
  readonly file: FoundFile | null;
}

export interface Fold extends Disposable {
  apply(frame: EventFrame): void;
  /** Remembers that the chain had this digest behind an event. */
  addChain(chain: Uint8Array, seq: Seq): void;
  hasChain(chain: Uint8Array): boolean;
  addFile(file: FoundFile): void;
  get(path: string): FoldedPath | undefined;
  /** Known paths that are present in some way, in the order of their paths. */
  present(after: string, limit: number): FoldedPath[];
  /** A page of paths where the disk head and the file differ; `after` is where the next page begins, null at the end. */
  mismatches(after: string, limit: number): { readonly items: Mismatch[]; readonly after: string | null };
  /** Files of which the log knows nothing. */
  unknownFiles(after: string, limit: number): FoundFile[];
  fileWith(digest: Digest): string | undefined;
  /** Digests of versions whose bytes lie in the blob store. */
  blobs(after: string, limit: number): Digest[];
  count(): number;
}

const TABLES = `
  CREATE TABLE heads (
    path TEXT PRIMARY KEY, disk TEXT, disk_seq INTEGER NOT NULL, served TEXT, served_seq INTEGER, deleted_seq INTEGER,
    last_seq INTEGER NOT NULL, problems INTEGER NOT NULL, size INTEGER NOT NULL, mtime TEXT, body TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE files (path TEXT PRIMARY KEY, digest TEXT, key TEXT NOT NULL, why TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE chains (chain BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE blobs (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

const HEAD =
  'h.path, h.disk, h.disk_seq, h.served, h.served_seq, h.deleted_seq, h.last_seq, h.problems, h.size, h.mtime, h.body';
const GET = `SELECT ${HEAD} FROM heads h WHERE h.path = ?`;
const PUT = 'INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const PUT_NEW = 'INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const PUT_FILE = 'INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)';
const PUT_BLOB = 'INSERT OR IGNORE INTO blobs VALUES (?)';
const PUT_CHAIN = 'INSERT OR IGNORE INTO chains VALUES (?, ?)';
const HAS_CHAIN = 'SELECT seq FROM chains WHERE chain = ?';
const PRESENT = `
  SELECT ${HEAD} FROM heads h WHERE h.path > ? AND (h.disk IS NOT NULL OR h.served IS NOT NULL OR h.problems <> 0)
  ORDER BY h.path LIMIT ?`;
const BESIDE = `
  SELECT ${HEAD}, f.digest, f.key, f.why FROM heads h LEFT JOIN files f ON f.path = h.path
  WHERE h.path > ? AND h.path <= ? AND h.disk IS NOT f.digest ORDER BY h.path`;
/** Where a page of paths ends. */
const PAGE_END = 'SELECT max(path) FROM (SELECT path FROM heads WHERE path > ? ORDER BY path LIMIT ?)';
const UNKNOWN = `
  SELECT f.path, f.digest, f.key, f.why FROM files f LEFT JOIN heads h ON h.path = f.path
  WHERE f.path > ? AND h.path IS NULL ORDER BY f.path LIMIT ?`;
const WITH_DIGEST = 'SELECT path FROM files WHERE digest = ? LIMIT 1';
const BLOBS = 'SELECT digest FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?';

interface Row extends FoldedPath {
  readonly bits: number;
}

export function openFold(): Fold {
  // The empty name is a temporary file that SQLite makes, and removes by itself (sqlite.org/inmemorydb.html).
  const database = new Database('');
  pragma(database, 'journal_mode = OFF');
  pragma(database, 'synchronous = OFF');
  pragma(database, 'cache_size = -32000');
  execute(database, TABLES);
  execute(database, 'BEGIN');
  return new ScratchFold(database);
}

class ScratchFold implements Fold {
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

  apply(frame: EventFrame): void {
    for (const entry of frame.entries) {
      if (entry.body.in === 'blob' && entry.digest !== null) this.#putBlob(entry.digest);
      // Most entries of a first index are these: nothing has to be read for a path that is new.
      if (entry.op === 'create' && this.#saveNew(after(blank(entry.path), entry), entry.seq)) continue;
      const from = entry.from === undefined || entry.from === entry.path ? undefined : this.#get.get(entry.from);
      if (from) this.#save(leftBehind(from, entry), entry.seq);
      const before = this.#get.get(entry.path) ?? blank(entry.path);
      this.#save(after(before, entry), entry.seq);
    }
  }

  addChain(chain: Uint8Array, seq: Seq): void {
    this.#putChain(chain, seq);
  }

  hasChain(chain: Uint8Array): boolean {
    return this.#hasChain.get(chain) !== undefined;
  }

  addFile({ path, digest, key, why }: FoundFile): void {
    this.#putFile(path, digest, key, why);
  }

  get(path: string): FoldedPath | undefined {
    return this.#get.get(path);
  }

  present(afterPath: string, limit: number): FoldedPath[] {
    return this.#present.all(afterPath, limit);
  }

  mismatches(afterPath: string, limit: number): { items: Mismatch[]; after: string | null } {
    const end = this.#pageEnd.get(afterPath, limit) ?? null;
    return end === null ? { items: [], after: null } : { items: this.#beside.all(afterPath, end), after: end };
  }

  unknownFiles(afterPath: string, limit: number): FoundFile[] {
    return this.#unknown.all(afterPath, limit);
  }

  fileWith(digest: Digest): string | undefined {
    return this.#withDigest.get(digest);
  }

  blobs(afterDigest: string, limit: number): Digest[] {
    return this.#blobs.all(afterDigest, limit);
  }

  count(): number {
    return this.#count.get() ?? 0;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #save(row: Row, lastSeq: Seq): void {
    this.#put(...columnsOf(row, lastSeq));
  }

  /** False where the path is known. */
  #saveNew(row: Row, lastSeq: Seq): boolean {
    return this.#putNew(...columnsOf(row, lastSeq)).changes > 0;
  }
}

const columnsOf = (row: Row, lastSeq: Seq): Bindable[] => [
  row.path,
  row.diskDigest,
  row.diskSeq,
  row.servedDigest,
  row.servedSeq,
  row.deletedSeq,
  lastSeq,
  row.bits,
  row.size,
  row.placedMtimeNs === null ? null : String(row.placedMtimeNs),
  row.body.in === 'nowhere' ? null : JSON.stringify(row.body),
];

const NOWHERE: BodyPlace = { in: 'nowhere' };

const blank = (path: string): Row => ({
  path,
  diskDigest: null,
  diskSeq: 0,
  servedDigest: null,
  servedSeq: null,
  deletedSeq: null,
  lastSeq: 0,
  problems: [],
  bits: 0,
  size: 0,
  placedMtimeNs: null,
  body: NOWHERE,
});

const stateOf = ({ diskDigest, diskSeq, servedSeq, deletedSeq, bits }: Row): PathState => ({
  ...BLANK,
  diskDigest,
  diskSeq,
  servedSeq,
  deletedSeq,
  problems: bits,
});

function leftBehind(row: Row, entry: LoggedEntry): Row {
  const { diskDigest, diskSeq, servedSeq, deletedSeq } = headless(stateOf(row), entry);
  return { ...row, diskDigest, diskSeq, servedSeq, deletedSeq, servedDigest: null, bits: row.bits & LASTING_BITS };
}

function after(before: Row, entry: LoggedEntry): Row {
  const effect = effectOf(entry);
  const { diskDigest, diskSeq, servedSeq, deletedSeq } = headsAfter(stateOf(before), entry, effect, undefined);
  const servedDigest =
    effect === 'accept' ? entry.digest : effect === 'remove' || servedSeq === null ? null : before.servedDigest;
  const movesDisk = effect === 'accept' || effect === 'refuse';
  return {
    ...before,
    diskDigest,
    diskSeq,
    servedSeq,
    deletedSeq,
    servedDigest,
    bits: bitsAfter(before.bits, effect, entry),
    ...(movesDisk && { size: entry.size, placedMtimeNs: entry.placed?.mtimeNs ?? null, body: entry.body }),
  };
}

const bitsOf = (codes: readonly ProblemCode[]): number => codes.reduce((bits, code) => bits | bitOf(code), 0);
const DISPROVED_BITS = bitsOf(DISPROVED_BY_BYTES);
const LASTING_BITS = bitsOf(DECIDED_BY_PEOPLE);

/** As the rows of `problems` are written (apply-entry.ts), for recorded ones alone. */
function bitsAfter(bits: number, effect: Effect, { code }: LoggedEntry): number {
  switch (effect) {
    case 'accept':
    case 'remove':
      return bits & LASTING_BITS;
    case 'refuse':
      return (bits & ~DISPROVED_BITS) | bitOf(parseProblemCode(code ?? 'invalid'));
    case 'keep':
      return bits | bitOf(parseProblemCode(code ?? 'rescued'));
    case 'report':
      return bits | bitOf(parseProblemCode(code ?? 'warning'));
    case 'resolve':
      return code === undefined ? bits & LASTING_BITS : bits & ~bitOf(parseProblemCode(code));
    case 'none':
      return bits;
  }
}

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
  const [path, digest, key, why] = row.slice(at) as [string, Digest | null, string, string | null];
  return { path, digest, key, why };
}

function decodeBeside(row: RawRow): { readonly folded: Row; readonly file: FoundFile | null } {
  const folded = decodeRow(row);
  const key = row[HEAD_WIDTH + 1];
  if (key === null) return { folded, file: null };
  return { folded, file: decodeFile([folded.path, ...row.slice(HEAD_WIDTH)], 0) };
}

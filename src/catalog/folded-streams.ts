/**
 * Versions of streams as the log tells them, beside its fold (fold.ts): what one that grew was appended to is looked up by its seq. In
 * a scratch database, which SQLite spills to a temporary file of its own.
 */
import Database from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, LoggedEntry, Seq } from '../core/events.ts';
import { classify } from '../core/refs.ts';
import { execute, pragma, prepareCommand, prepareQuery, type RawRow } from './sql.ts';
import type { SizedVersion } from './answers.ts';

export interface StreamVersion extends SizedVersion {
  readonly path: string;
  readonly seq: Seq;
}

const TABLE = `
  CREATE TABLE streams (
    seq INTEGER PRIMARY KEY, path TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL, grown INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX streams_by_path ON streams (path, seq) WHERE grown;
`;
const COLUMNS = 'path, seq, digest, size, body';
const PUT = `INSERT OR REPLACE INTO streams (${COLUMNS}, grown) VALUES (?, ?, ?, ?, ?, ?)`;
const GET = `SELECT ${COLUMNS} FROM streams WHERE seq = ?`;
const GROWN = `SELECT ${COLUMNS} FROM streams WHERE grown AND (path, seq) > (?, ?) ORDER BY path, seq LIMIT ?`;

export class FoldedStreams implements Disposable {
  readonly #database: Database.Database;
  readonly #put;
  readonly #get;
  readonly #grown;

  constructor() {
    // The empty name is a temporary file that SQLite makes, and removes by itself (sqlite.org/inmemorydb.html).
    const database = new Database('');
    this.#database = database;
    pragma(database, 'journal_mode = OFF');
    pragma(database, 'synchronous = OFF');
    execute(database, TABLE);
    execute(database, 'BEGIN');
    this.#put = prepareCommand(database, PUT);
    this.#get = prepareQuery(database, GET, decode);
    this.#grown = prepareQuery(database, GROWN, decode);
  }

  /** Of a damaged log, in which one seq may be told twice, what was told last counts. */
  note({ path, seq, digest, size, body }: LoggedEntry): void {
    // What a path means is asked of few: most are documents.
    if (digest === null || !path.endsWith('.jsonl') || classify(path).kind !== 'stream') return;
    this.#put(path, seq, digest, size, JSON.stringify(body), body.in === 'tail' ? 1 : 0);
  }

  get(seq: Seq): StreamVersion | undefined {
    return this.#get.get(seq);
  }

  /** Those that are kept as what was appended, by path and seq, a page behind one of them. */
  grown(after: Pick<StreamVersion, 'path' | 'seq'> | null, limit: number): StreamVersion[] {
    const { path, seq } = after ?? { path: '', seq: 0 };
    return this.#grown.all(path, seq, limit);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function decode(row: RawRow): StreamVersion {
  const [path, seq, digest, size, body] = row as [string, Seq, Digest, number, string];
  return { path, seq, digest, size, body: JSON.parse(body) as BodyPlace };
}

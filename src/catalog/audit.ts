/**
 * A catalog read row by row on a connection of its own, for verify: in pages, so that nobody waits for it and nothing is held
 * at once.
 */
import Database from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import type { ProblemCode } from '../core/problems.ts';
import { openEventAudit, PATH, type EventAudit } from './audited-events.ts';
import * as codes from './codes.ts';
import { CatalogError } from './catalog-error.ts';
import { openHistoryReads } from './histories.ts';
import { openProblemReads } from './problems.ts';
import { splitPath } from './places.ts';
import { decodeText } from './rows.ts';
import { pragma, prepareQuery, type RawRow } from './sql.ts';
import { APPLICATION_ID, FORMAT_VERSION } from './tables.ts';
import type { Catalog } from './types.ts';

export interface AuditedPath {
  readonly id: number;
  readonly path: string;
  readonly isDocument: boolean;
  readonly diskDigest: Digest | null;
  readonly diskSeq: Seq;
  readonly servedDigest: Digest | null;
  readonly servedSeq: Seq | null;
  readonly deletedSeq: Seq | null;
  /** Recorded and derived. */
  readonly problems: readonly ProblemCode[];
  readonly text: string | null;
  /** Full text has an entry for it. */
  readonly hasWords: boolean;
}

export interface CatalogAudit extends Pick<Catalog, 'events' | 'problems'>, EventAudit, Disposable {
  readonly logId: string;
  readonly reached: Seq;
  readonly paths: number;
  pages(): Generator<readonly AuditedPath[], void, undefined>;
  knows(path: string): boolean;
  /** Stat identity of a file as the whole of it was confirmed last; null where it may not be believed. */
  cleanKey(path: string): string | null;
  recordedProblems(path: string): ProblemCode[];
  /** Whether a search for a word finds the document of this row. */
  finds(id: number, word: string): boolean;
  /** Entries of full text, or texts, that belong to no path, of the ids behind one up to another. */
  strays(after: number, upTo: number): number;
}

/** Digests come as text: a buffer for each costs more than the row. That of a served head is rarely another than the disk's. */
const COLUMNS = `
  p.id, ${PATH}, p.kind = 0, lower(hex(p.disk_digest)), p.disk_seq,
  CASE WHEN e.digest = p.disk_digest THEN 1 ELSE lower(hex(e.digest)) END, p.served_seq, p.deleted_seq, p.problems,
  d.text, z.id IS NOT NULL`;
const PAGE = `
  SELECT ${COLUMNS} FROM paths p LEFT JOIN events e ON e.seq = p.served_seq LEFT JOIN documents d ON d.id = p.id
  LEFT JOIN full_text_docsize z ON z.id = p.id WHERE p.id > ? ORDER BY p.id LIMIT ?`;
const STATE = 'SELECT log_id, reached FROM state';
const RECORDED = 'SELECT DISTINCT code FROM problems WHERE path = ? AND derived = 0';
const FINDS = `
  SELECT 1 FROM full_text WHERE full_text MATCH ? AND rowid = ?`;
const STRAYS = `
  SELECT (SELECT count(*) FROM documents WHERE id > ? AND id <= ? AND id NOT IN (SELECT id FROM paths))
       + (SELECT count(*) FROM full_text_docsize WHERE id > ? AND id <= ? AND id NOT IN (SELECT id FROM documents))`;
const KNOWS = 'SELECT 1 FROM paths WHERE directory = ? AND name = ?';
const CLEAN_KEY = 'SELECT stat FROM paths WHERE directory = ? AND name = ? AND clean = 1';
const COUNT = 'SELECT count(*) FROM paths';

const ROWS = 200;

/** Throws CatalogError `damaged` for what is no catalog of this version. */
export function openCatalogAudit(file: string): CatalogAudit {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return audit(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function audit(database: Database.Database): CatalogAudit {
  if (pragma(database, 'application_id') !== APPLICATION_ID || pragma(database, 'user_version') !== FORMAT_VERSION)
    throw new CatalogError('damaged', 'the catalog is of another version');
  pragma(database, 'cache_size = -8000');
  const number = (row: RawRow): number => row[0] as number;
  const page = prepareQuery(database, PAGE, decodeAudited);
  const recorded = prepareQuery(database, RECORDED, decodeText);
  const known = prepareQuery(database, KNOWS, number);
  const cleanKey = prepareQuery(database, CLEAN_KEY, (row) => row[0] as string | null);
  const finds = prepareQuery(database, FINDS, number);
  const strays = prepareQuery(database, STRAYS, number);
  const count = prepareQuery(database, COUNT, number);
  const [logId, reached] = prepareQuery(database, STATE, (row) => row).get() as [string, number];
  return {
    logId,
    reached,
    paths: count.get() ?? 0,
    ...openEventAudit(database),
    *pages() {
      let rows = page.all(0, ROWS);
      for (; rows.length > 0; rows = page.all(rows.at(-1)?.id ?? 0, ROWS)) yield rows;
    },
    knows: (path) => {
      const { directory, name } = splitPath(path);
      return known.get(directory, name) !== undefined;
    },
    cleanKey(path) {
      const { directory, name } = splitPath(path);
      return cleanKey.get(directory, name) ?? null;
    },
    recordedProblems: (path) => recorded.all(path) as ProblemCode[],
    finds: (id, word) => finds.get(`"${word}"`, id) !== undefined,
    strays: (from, upTo) => strays.get(from, upTo, from, upTo) ?? 0,
    events: openHistoryReads(database).events,
    problems: openProblemReads(database).problems,
    [Symbol.dispose]: () => void database.close(),
  };
}

const NO_PROBLEMS: readonly ProblemCode[] = [];

function decodeAudited(row: RawRow): AuditedPath {
  const [id, path, isDocument, disk, diskSeq, served, servedSeq, deletedSeq, bits, text, words] = row as [
    number,
    string,
    number,
    string | null,
    number,
    string | 1 | null,
    number | null,
    number | null,
    number,
    string | null,
    number,
  ];
  // SQLite's hex() makes an empty text of nothing.
  const diskDigest = (disk || null) as Digest | null;
  return {
    id,
    path,
    isDocument: isDocument === 1,
    diskDigest,
    diskSeq,
    servedDigest: served === 1 ? diskDigest : ((served || null) as Digest | null),
    servedSeq,
    deletedSeq,
    problems: bits === 0 ? NO_PROBLEMS : codes.codesOf(bits),
    text,
    hasWords: words === 1,
  };
}

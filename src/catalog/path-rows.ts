/** Rows of `paths` as applying an entry reads and writes them, with the counters that follow them. */
import type { Database } from 'better-sqlite3';
import { folded } from '../core/names.ts';
import * as codes from './codes.ts';
import { placeOf, splitPath, type Place } from './places.ts';
import { digestToBlob } from './body-columns.ts';
import { cleanToColumn, decodePath, PATH_COLUMNS, type PathRow } from './rows.ts';
import type { Scope, Scopes, Share } from './scopes.ts';
import { prepareCommand, prepareQuery, type Bindable } from './sql.ts';
import type { Seen } from './types.ts';

const BY_NAME = `SELECT ${PATH_COLUMNS} FROM paths WHERE directory = ? AND name = ?`;

/** Does nothing where the path is known: one statement both looks and inserts. */
const INSERT = `
  INSERT INTO paths (directory, name, folded, kind, scope, document, disk_digest, disk_seq, served_seq, deleted_seq, stat, clean,
    problems, known)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const UPDATE = `
  UPDATE paths SET disk_digest = ?, disk_seq = ?, served_seq = ?, deleted_seq = ?, stat = ?, clean = ?, problems = ?, known = ?
  WHERE id = ?`;

/** What was seen counts for nothing that is counted: one statement does. */
const SEE = 'UPDATE paths SET stat = ?, clean = ? WHERE directory = ? AND name = ?';

export type PathState = Omit<PathRow, 'id' | 'kind' | 'scope'>;

/** A path of which nothing is known. */
export const BLANK: PathState = {
  diskDigest: null,
  diskSeq: 0,
  servedSeq: null,
  deletedSeq: null,
  stat: null,
  clean: false,
  grown: false,
  problems: 0,
};

const UNSEEN = { clean: false };
const NOTHING: Share = { documents: 0, present: 0, problems: 0 };
const COUNTED = new Set([codes.pathKind.encode('document'), codes.pathKind.encode('file')]);

const isPresent = (state: PathState): boolean => state.diskDigest !== null || state.servedSeq !== null;

const shareOf = (kind: number, state: PathState): Share => ({
  documents: state.servedSeq !== null && COUNTED.has(kind) ? 1 : 0,
  present: isPresent(state) ? 1 : 0,
  problems: codes.countOf(state.problems),
});

const columnsOf = (state: PathState): Bindable[] => [
  digestToBlob(state.diskDigest),
  state.diskSeq,
  state.servedSeq,
  state.deletedSeq,
  state.stat,
  cleanToColumn(state),
  state.problems,
  isPresent(state) || state.problems !== 0 ? 1 : 0,
];

export interface PathRows {
  load(path: string): PathRow | undefined;
  /** A row for a path that has none; undefined where it has one. */
  insert(path: string, state: PathState): PathRow | undefined;
  /** The row of a path, blank where it is new. */
  loadOrInsert(path: string): PathRow;
  save(before: PathRow, after: PathRow): void;
  /** Notes a stat identity; a path that has no row gets none. */
  see(path: string, seen: Seen | null): void;
}

export function openPathRows(database: Database, scopes: Scopes): PathRows {
  const byName = prepareQuery(database, BY_NAME, decodePath);
  const insertRow = prepareCommand(database, INSERT);
  const update = prepareCommand(database, UPDATE);
  const see = prepareCommand(database, SEE);

  function load(path: string): PathRow | undefined {
    const { directory, name } = splitPath(path);
    return byName.get(directory, name);
  }

  function insert(path: string, state: PathState): PathRow | undefined {
    const place = placeOf(path);
    const scope = place.scope === null ? null : scopes.named(place.scope);
    const { changes, lastInsertRowid } = insertRow(...newColumns(path, place, scope), ...columnsOf(state));
    if (changes === 0) return undefined;
    const kind = codes.pathKind.encode(place.kind);
    scopes.count(scope, NOTHING, shareOf(kind, state));
    return { ...state, id: Number(lastInsertRowid), kind, scope: scope?.id ?? null };
  }

  return {
    load,
    insert,
    loadOrInsert(path) {
      const row = load(path) ?? insert(path, BLANK);
      if (!row) throw new Error(`the path ${path} is neither there nor new`);
      return row;
    },
    save(before, after) {
      update(...columnsOf(after), after.id);
      const scope = after.scope === null ? null : scopes.byId(after.scope);
      scopes.count(scope, shareOf(before.kind, before), shareOf(after.kind, after));
    },
    see(path, seen) {
      const { directory, name } = splitPath(path);
      see(seen?.key ?? null, cleanToColumn(seen ?? UNSEEN), directory, name);
    },
  };
}

function newColumns(path: string, place: Place, scope: Scope | null): Bindable[] {
  const { directory, name } = splitPath(path);
  const form = folded(path);
  const kind = codes.pathKind.encode(place.kind);
  return [directory, name, form === path ? null : form, kind, scope?.id ?? null, place.id];
}

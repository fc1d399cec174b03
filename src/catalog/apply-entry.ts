/** Writes what one entry of the log means into all tables. */
import type { Database } from 'better-sqlite3';
import type { LoggedEntry, Origin, Seq } from '../core/events.ts';
import { parseProblemCode } from '../core/problem-hints.ts';
import type { ProblemCode } from '../core/problems.ts';
import * as codes from './codes.ts';
import { effectOf, headless, headsAfter, type Effect } from './entry-effects.ts';
import { openEventRows, type EventRows } from './event-rows.ts';
import { BLANK, openPathRows, type PathRows } from './path-rows.ts';
import { openProblemRows, type ProblemRows } from './problem-rows.ts';
import type { PathRow } from './rows.ts';
import type { Scopes } from './scopes.ts';
import { openTexts, type Texts } from './texts.ts';
import type { ToApply } from './types.ts';

export interface Tables {
  readonly paths: PathRows;
  readonly problems: ProblemRows;
  readonly events: EventRows;
  readonly texts: Texts;
}

export const openTables = (database: Database, scopes: Scopes): Tables => ({
  paths: openPathRows(database, scopes),
  problems: openProblemRows(database),
  events: openEventRows(database, scopes),
  texts: openTexts(database),
});

/** Effects with which a problem begins. */
const BEGINS: ReadonlySet<Effect> = new Set(['report', 'refuse', 'keep']);

const DOCUMENT = codes.pathKind.encode('document');

/** Codes that a look at the file itself disproves: there are bytes, and they were read. */
export const DISPROVED_BY_BYTES = ['absent', 'held', 'pending', 'unreadable'] as const satisfies ProblemCode[];

export function applyEntry(tables: Tables, toApply: ToApply, first: Seq, entry: LoggedEntry): void {
  const { frame, content, seen } = toApply;
  const effect = effectOf(entry);
  const sight = effect === 'remove' || effect === 'keep' || effect === 'none' ? undefined : seen(entry.path);
  if (entry.op === 'create' && effect === 'accept') {
    // Most entries of a first index are these: nothing has to be read for a path that is new.
    const fresh = tables.paths.insert(entry.path, headsAfter(BLANK, entry, effect, sight));
    if (fresh) return writeFresh(tables, fresh, first, entry, toApply);
  }
  const before = tables.paths.loadOrInsert(entry.path);
  const source = entry.from === undefined || entry.from === entry.path ? null : moveAway(tables, entry.from, entry);
  const heads = headsAfter(before, entry, effect, sight);
  writeProblems(tables.problems, before, entry, effect, frame.origin);
  const derived = writeDerived(tables.problems, before, entry, toApply);
  const hasProblems = before.problems !== 0 || derived || BEGINS.has(effect);
  tables.paths.save(before, { ...heads, problems: hasProblems ? tables.problems.bitsOf(entry.path) : 0 });
  if (before.kind === DOCUMENT) writeText(tables.texts, before, entry, effect, content);
  tables.events.insertEvent(first, entry, before, source);
}

function writeFresh(tables: Tables, row: PathRow, first: Seq, entry: LoggedEntry, toApply: ToApply): void {
  tables.events.insertEvent(first, entry, row, null);
  const held = row.kind === DOCUMENT ? toApply.content(entry) : null;
  if (held) tables.texts.insert(row.id, held);
  if (writeDerived(tables.problems, row, entry, toApply))
    tables.paths.save(row, { ...row, problems: tables.problems.bitsOf(entry.path) });
}

/** In the transaction of the entry that brings them: a mark is neither there before its version nor missing after it. */
function writeDerived(problems: ProblemRows, row: PathRow, { path }: LoggedEntry, { derived }: ToApply): boolean {
  const marks = derived?.(path) ?? null;
  if (marks === null || (marks.length === 0 && row.problems === 0)) return false;
  problems.replaceDerived(path, row, marks);
  return true;
}

/** The source of a move keeps its row, as history. */
function moveAway(tables: Tables, path: string, entry: LoggedEntry): PathRow {
  const row = tables.paths.loadOrInsert(path);
  if (row.problems !== 0) tables.problems.endAll(path);
  tables.paths.save(row, {
    ...headless(row, entry),
    problems: row.problems === 0 ? 0 : tables.problems.bitsOf(path),
  });
  if (row.kind === DOCUMENT && row.servedSeq !== null) tables.texts.delete(row.id);
  return row;
}

function writeProblems(
  problems: ProblemRows,
  row: PathRow,
  entry: LoggedEntry,
  effect: Effect,
  { atMs }: Origin,
): void {
  const { path, digest, code, faults = [] } = entry;
  switch (effect) {
    case 'accept':
      return void (row.problems !== 0 && problems.endAll(path));
    case 'refuse':
      if (row.problems !== 0) for (const disproved of DISPROVED_BY_BYTES) problems.endRecorded(path, disproved);
      return problems.put(
        path,
        row,
        { code: parseProblemCode(code ?? 'invalid'), sinceMs: atMs, digest, faults },
        'recorded',
      );
    case 'remove':
      return void (row.problems !== 0 && problems.endAll(path));
    case 'keep':
    case 'report': {
      const told = parseProblemCode(code ?? (effect === 'keep' ? 'rescued' : 'warning'));
      return problems.put(path, row, { code: told, sinceMs: atMs, digest, faults }, 'recorded');
    }
    case 'resolve':
      return problems.endRecorded(path, code === undefined ? null : parseProblemCode(code));
    case 'none':
  }
}

function writeText(texts: Texts, row: PathRow, entry: LoggedEntry, effect: Effect, content: ToApply['content']): void {
  if (effect === 'remove' && row.servedSeq !== null) return texts.delete(row.id);
  if (effect !== 'accept') return;
  const held = content(entry);
  if (held) texts.replace(row.id, held);
  else texts.delete(row.id);
}

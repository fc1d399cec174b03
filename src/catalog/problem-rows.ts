/** Rows of `problems` as they are written, and the bits that a path's row keeps of them. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Fault } from '../core/events.ts';
import { problemIdOf } from '../core/problem-hints.ts';
import type { ProblemCode } from '../core/problems.ts';
import { bitOf } from './codes.ts';
import { digestToBlob } from './body-columns.ts';
import { decodeText } from './rows.ts';
import { prepareCommand, prepareQuery } from './sql.ts';

/** The first `since` stays while the problem lasts. */
const PUT = `
  INSERT INTO problems (path, code, derived, id, path_id, scope, since, digest, faults) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (path, code, derived) DO UPDATE SET digest = excluded.digest, faults = excluded.faults`;

const CODES = 'SELECT DISTINCT code FROM problems WHERE path = ?';
/** What a person has to decide does not end with what happens to the document meanwhile. */
export const DECIDED_BY_PEOPLE = ['rescued', 'conflict'] as const satisfies ProblemCode[];
const DECIDED_BY_ITSELF = `code NOT IN (${DECIDED_BY_PEOPLE.map((code) => `'${code}'`).join(', ')})`;
const END_ALL = `DELETE FROM problems WHERE path = ? AND ${DECIDED_BY_ITSELF}`;
const END_RECORDED = `DELETE FROM problems WHERE path = ? AND derived = 0 AND ${DECIDED_BY_ITSELF}`;
const END_RECORDED_CODE = 'DELETE FROM problems WHERE path = ? AND derived = 0 AND code = ?';
const END_DERIVED_CODE = 'DELETE FROM problems WHERE path = ? AND derived = 1 AND code = ?';
const DERIVED_CODES = 'SELECT code FROM problems WHERE path = ? AND derived = 1';

interface NewProblem {
  readonly code: ProblemCode;
  readonly sinceMs: number;
  readonly digest: Digest | null;
  readonly faults: readonly Fault[];
}

interface Owner {
  readonly id: number;
  readonly scope: number | null;
}

export interface ProblemRows {
  put(path: string, owner: Owner, problem: NewProblem, origin: 'recorded' | 'derived'): void;
  /** Ends the recorded problem of a code, or all recorded ones. */
  endRecorded(path: string, code: ProblemCode | null): void;
  endAll(path: string): void;
  replaceDerived(path: string, owner: Owner, problems: readonly NewProblem[]): void;
  bitsOf(path: string): number;
}

export function openProblemRows(database: Database): ProblemRows {
  const put = prepareCommand(database, PUT);
  const endDerivedCode = prepareCommand(database, END_DERIVED_CODE);
  const derivedCodes = prepareQuery(database, DERIVED_CODES, decodeText);
  const endRecorded = prepareCommand(database, END_RECORDED);
  const endRecordedCode = prepareCommand(database, END_RECORDED_CODE);
  const endAll = prepareCommand(database, END_ALL);
  const codes = prepareQuery(database, CODES, decodeText);

  const rows: ProblemRows = {
    put(path, { id, scope }, { code, sinceMs, digest, faults }, origin) {
      const derived = origin === 'derived' ? 1 : 0;
      const blob = digestToBlob(digest);
      put(path, code, derived, problemIdOf(path, code), id, scope, sinceMs, blob, JSON.stringify(faults));
    },
    endRecorded: (path, code) => void (code === null ? endRecorded(path) : endRecordedCode(path, code)),
    endAll: (path) => void endAll(path),
    replaceDerived(path, owner, problems) {
      const stays = new Set<string>(problems.map(({ code }) => code));
      for (const code of derivedCodes.all(path)) if (!stays.has(code)) endDerivedCode(path, code);
      for (const problem of problems) rows.put(path, owner, problem, 'derived');
    },
    bitsOf: (path) => codes.all(path).reduce((bits, code) => bits | bitOf(code as ProblemCode), 0),
  };
  return rows;
}

/** Reads of what is wrong, in the order of path and code. */
import type { Database } from 'better-sqlite3';
import type { ProblemCode } from '../core/problems.ts';
import { SCHEMA_NAME } from '../core/refs.ts';
import { decodeNumber, decodePathName, decodeText } from './rows.ts';
import { decodeProblem, PROBLEM_COLUMNS } from './list-columns.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog } from './types.ts';

/** A derived problem is shown where no recorded one of the same code stands before it. */
const SHOWN = `(o.derived = 0 OR NOT EXISTS (
  SELECT 1 FROM problems r WHERE r.path = o.path AND r.code = o.code AND r.derived = 0))`;

const PROBLEMS = `
  SELECT ${PROBLEM_COLUMNS} FROM problems o JOIN paths p ON p.id = o.path_id
  LEFT JOIN scopes c ON c.id = o.scope LEFT JOIN events e ON e.seq = p.served_seq WHERE ${SHOWN}`;

export const ALL_PROBLEMS = `${PROBLEMS} AND (o.path, o.code) > (?, ?) ORDER BY o.path, o.code LIMIT ?`;

export const PROBLEMS_IN_SCOPE = `
  ${PROBLEMS} AND o.scope = (SELECT id FROM scopes WHERE name = ?) AND (o.path, o.code) > (?, ?) ORDER BY o.path, o.code LIMIT ?`;

const PROBLEMS_OF = `${PROBLEMS} AND o.path = ? ORDER BY o.code`;
const PROBLEM = `${PROBLEMS} AND o.id = ?`;
const COUNT = "SELECT coalesce(sum(problems), 0) FROM scopes WHERE name NOT LIKE '%/%'";
const PATHS_WITH =
  'SELECT path FROM problems WHERE scope = (SELECT id FROM scopes WHERE name = ?) AND code = ? AND derived = 0 ORDER BY path';
export const HAS_DERIVED = 'SELECT 1 FROM problems WHERE path = ? AND code = ? AND derived = 1';
const PATHS_WITH_RECORDED = 'SELECT path FROM problems WHERE code = ? AND derived = 0 ORDER BY path';
/** A schema lies directly in its collection: one step for each, not one for each path. */
export const SCHEMA_PATHS = `
  SELECT p.directory, p.name FROM scopes c CROSS JOIN paths p ON p.directory = c.name AND p.name = '${SCHEMA_NAME}'
  WHERE p.known ORDER BY c.name`;

type ProblemReads = Pick<
  Catalog,
  | 'problems'
  | 'problemsOf'
  | 'problem'
  | 'countProblems'
  | 'pathsWithProblem'
  | 'hasDerived'
  | 'pathsWithRecorded'
  | 'schemaPaths'
>;

const SEPARATOR = '\n';

/** Where a walk over the problems stands after this one. No path holds a line feed and a code behind it. */
export const problemPosition = ({ path, code }: { readonly path: string; readonly code: ProblemCode }): string =>
  `${path}${SEPARATOR}${code}`;

function positionFrom(text: string | null): [path: string, code: string] {
  if (text === null) return ['', ''];
  const at = text.lastIndexOf(SEPARATOR);
  return [text.slice(0, at), text.slice(at + 1)];
}

export function openProblemReads(reader: Database): ProblemReads {
  const all = prepareQuery(reader, ALL_PROBLEMS, decodeProblem);
  const inScope = prepareQuery(reader, PROBLEMS_IN_SCOPE, decodeProblem);
  const ofPath = prepareQuery(reader, PROBLEMS_OF, decodeProblem);
  const byId = prepareQuery(reader, PROBLEM, decodeProblem);
  const count = prepareQuery(reader, COUNT, decodeNumber);
  const pathsWith = prepareQuery(reader, PATHS_WITH, decodeText);
  const hasDerived = prepareQuery(reader, HAS_DERIVED, decodeNumber);
  const pathsWithRecorded = prepareQuery(reader, PATHS_WITH_RECORDED, decodeText);
  const schemaPaths = prepareQuery(reader, SCHEMA_PATHS, decodePathName);

  return {
    problems({ collection, after, limit }) {
      const position = positionFrom(after);
      return collection === null ? all.all(...position, limit) : inScope.all(collection, ...position, limit);
    },
    problemsOf: (path) => ofPath.all(path),
    problem: (id) => byId.get(id),
    countProblems: () => count.get() ?? 0,
    pathsWithProblem: (collection, code) => pathsWith.all(collection, code),
    hasDerived: (path, code) => hasDerived.get(path, code) !== undefined,
    pathsWithRecorded: (code) => pathsWithRecorded.all(code),
    schemaPaths: () => schemaPaths.all(),
  };
}

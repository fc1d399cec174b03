/** Events by who made them: what undo starts from. Each way of choosing has its index; the other conditions are filters. */
import type { Database } from 'better-sqlite3';
import type { Seq } from '../core/events.ts';
import { splitPath } from './places.ts';
import { decodeNumber } from './rows.ts';
import { decodeEvent, EVENT_COLUMNS } from './event-columns.ts';
import { prepareQuery, type Bindable } from './sql.ts';
import type { Catalog } from './types.ts';
import type { EventSelection } from './answers.ts';

/** A condition that holds for everything when its value is null. */
const FILTERS = `e.seq > ? AND e.seq <= ?
  AND coalesce(?, s.change_set) = s.change_set AND coalesce(?, s.actor) = s.actor
  AND coalesce(?, s.session, '') = coalesce(s.session, '')
  AND (? IS NULL OR (SELECT id FROM scopes WHERE name = ?) IN (p.scope, q.scope))
  AND (? IS NULL OR ? IN (e.path, e.source))`;

const PATHS = 'JOIN paths p ON p.id = e.path LEFT JOIN paths q ON q.id = e.source';

/** A set's seqs are contiguous; the set that holds the seq before may have more. */
const bySet = (condition: string): string => `
  SELECT ${EVENT_COLUMNS} FROM sets s CROSS JOIN events e ON e.seq BETWEEN s.first AND s.last ${PATHS}
  WHERE ${condition} AND s.first >= coalesce((SELECT max(first) FROM sets WHERE first <= ?), 0) AND ${FILTERS}
  ORDER BY s.first, e.seq LIMIT ?`;

export const BY_CHANGE_SET = bySet('s.change_set = ?');
export const BY_SESSION = bySet('s.session = ?');
export const BY_ACTOR = bySet('s.actor = ?');

/** Everything after a seq. */
export const BY_SEQ = `
  SELECT ${EVENT_COLUMNS} FROM events e JOIN sets s ON s.first = e.first ${PATHS} WHERE ${FILTERS} ORDER BY e.seq LIMIT ?`;

const PATH_ID = 'SELECT id FROM paths WHERE directory = ? AND name = ?';

export function openSelections(reader: Database): Pick<Catalog, 'selectEvents'> {
  const bySeq = prepareQuery(reader, BY_SEQ, decodeEvent);
  const byChangeSet = prepareQuery(reader, BY_CHANGE_SET, decodeEvent);
  const bySession = prepareQuery(reader, BY_SESSION, decodeEvent);
  const byActor = prepareQuery(reader, BY_ACTOR, decodeEvent);
  const pathId = prepareQuery(reader, PATH_ID, decodeNumber);

  /** Null: every path; -1: one that has no events. */
  const idOf = (path: string | null): number | null => {
    if (path === null) return null;
    const { directory, name } = splitPath(path);
    return pathId.get(directory, name) ?? -1;
  };

  return {
    selectEvents(selection, after, limit) {
      const { changeSet, session, actor } = selection;
      const filters = filtersOf(selection, idOf(selection.path), after);
      if (changeSet !== null) return byChangeSet.all(changeSet, after, ...filters, limit);
      if (session !== null) return bySession.all(session, after, ...filters, limit);
      if (actor !== null) return byActor.all(actor, after, ...filters, limit);
      return bySeq.all(...filters, limit);
    },
  };
}

function filtersOf(selection: EventSelection, path: number | null, after: Seq): Bindable[] {
  const { upTo, changeSet, actor, session, scope } = selection;
  return [after, upTo, changeSet, actor, session, scope, scope, path, path];
}

/** Lists as they were: the documents or files of a collection whose served head at a seq is known, in the order of their ids. */
import type { Database } from 'better-sqlite3';
import { after, startingWith } from './name-ranges.ts';
import { decodePast, PAST_COLUMNS } from './past-rows.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog } from './types.ts';

const IN_RANGE = `p.scope = (SELECT id FROM scopes WHERE name = ?) AND p.kind IN (0, 2) AND p.document >= ? AND p.document < ?`;

/** One of three indexes each: what is served now, what is deleted now, and what is known by neither. */
const among = (condition: string): string => `SELECT ${PAST_COLUMNS} FROM paths p WHERE ${IN_RANGE} AND ${condition}`;

/**
 * Every document that there ever was, with the last event at or before a seq that moved its served head here, and the last
 * that moved it away. SQLite merges the three ordered ranges without sorting.
 */
export const EVER_LISTED = [
  among('p.served_seq IS NOT NULL'),
  among('p.deleted_seq IS NOT NULL'),
  among('p.served_seq IS NULL AND p.deleted_seq IS NULL'),
]
  .join(' UNION ALL ')
  .concat(' ORDER BY 1 LIMIT ?');

export function openPastLists(reader: Database): Pick<Catalog, 'listedEver'> {
  const everListed = prepareQuery(reader, EVER_LISTED, decodePast);
  return {
    listedEver(collection, { seq, after: afterId, prefix, limit }) {
      const { from, to } = after(startingWith(prefix ?? ''), afterId);
      const range = [seq, seq, collection, from, to];
      return everListed.all(...range, ...range, ...range, limit);
    },
  };
}

/** Reads of what is served: lists of documents, their texts, and how many there are. */
import type { Database } from 'better-sqlite3';
import { FILES } from '../core/refs.ts';
import { after, startingWith } from './name-ranges.ts';
import { splitPath } from './places.ts';
import { decodePathName, decodeText } from './rows.ts';
import {
  decodeDeleted,
  decodeListed,
  decodeServed,
  decodeSummary,
  DELETED_COLUMNS,
  LISTED_COLUMNS,
  SERVED_COLUMNS,
  SUMMARY_COLUMNS,
} from './list-columns.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog } from './types.ts';

/** Of a collection the documents, of `ns/files` the files: no scope has both. The codes are in codes.ts. */
const IN_SCOPE = 'p.scope = (SELECT id FROM scopes WHERE name = ?) AND p.kind IN (0, 2)';

/** A page of a collection. The index gives the order; each row is then one step in four tables. Files have no text. */
export const LIST = `
  SELECT ${LISTED_COLUMNS} FROM paths p
  LEFT JOIN documents d ON d.id = p.id JOIN events e ON e.seq = p.served_seq JOIN sets s ON s.first = e.first
  WHERE ${IN_SCOPE} AND p.served_seq IS NOT NULL AND (p.kind = 2 OR d.id IS NOT NULL) AND p.document >= ? AND p.document < ? ORDER BY p.document LIMIT ?`;

export const SERVED = `
  SELECT ${SERVED_COLUMNS} FROM paths p JOIN documents d ON d.id = p.id JOIN events e ON e.seq = p.served_seq
  WHERE ${IN_SCOPE} AND p.served_seq IS NOT NULL AND p.document >= ? AND p.document < ? ORDER BY p.document LIMIT ?`;

export const LIST_DELETED = `
  SELECT ${DELETED_COLUMNS} FROM paths p JOIN events e ON e.seq = p.deleted_seq JOIN sets s ON s.first = e.first
  WHERE ${IN_SCOPE} AND p.deleted_seq IS NOT NULL AND p.document >= ? AND p.document < ? ORDER BY p.document LIMIT ?`;

/** The codes of `deleted`, `hand` and `restore` are in codes.ts. */
export const DELETED_BY_HAND = `
  SELECT p.directory, p.name FROM events e CROSS JOIN sets s ON s.first = e.first JOIN paths p ON p.id = e.path
  WHERE e.seq > ? AND e.kind = 3 AND s.cause IN (1, 2)`;

export const TEXT = 'SELECT d.text FROM paths p JOIN documents d ON d.id = p.id WHERE p.directory = ? AND p.name = ?';

/** Files are counted in their collection, and are no documents of their namespace. */
const FILES_IN = `/${FILES}`;

/** Scopes are few, and their names are an index. */
export const SUMMARIES = `
  SELECT ${SUMMARY_COLUMNS} FROM scopes WHERE name >= ? AND name < ? AND (present > 0 OR problems > 0) ORDER BY name`;

export const SUMMARY = `SELECT ${SUMMARY_COLUMNS} FROM scopes WHERE name = ?`;

type ListReads = Pick<
  Catalog,
  'list' | 'served' | 'listDeleted' | 'deletedByHand' | 'text' | 'namespaces' | 'collections' | 'collection'
>;

export function openListReads(reader: Database): ListReads {
  const list = prepareQuery(reader, LIST, decodeListed);
  const served = prepareQuery(reader, SERVED, decodeServed);
  const listDeleted = prepareQuery(reader, LIST_DELETED, decodeDeleted);
  const deletedByHand = prepareQuery(reader, DELETED_BY_HAND, decodePathName);
  const text = prepareQuery(reader, TEXT, decodeText);
  const summaries = prepareQuery(reader, SUMMARIES, decodeSummary);
  const summary = prepareQuery(reader, SUMMARY, decodeSummary);

  return {
    list(collection, options) {
      const { from, to } = after(startingWith(options.prefix ?? ''), options.after);
      return list.all(collection, from, to, options.limit);
    },
    served(collection, afterId, batch) {
      const { from, to } = after(startingWith(''), afterId);
      return served.all(collection, from, to, batch);
    },
    listDeleted(collection, options) {
      const { from, to } = after(startingWith(''), options.after);
      return listDeleted.all(collection, from, to, options.limit);
    },
    deletedByHand: (seq) => deletedByHand.all(seq),
    text(path) {
      const { directory, name } = splitPath(path);
      return text.get(directory, name);
    },
    namespaces() {
      const { from, to } = startingWith('');
      const all = summaries.all(from, to);
      const filesIn = new Map(all.flatMap(({ name, count }) => (name.endsWith(FILES_IN) ? [[name, count]] : [])));
      return all
        .filter(({ name }) => !name.includes('/'))
        .map((one) => ({ ...one, count: one.count - (filesIn.get(`${one.name}${FILES_IN}`) ?? 0) }));
    },
    collections(namespace) {
      const { from, to } = startingWith(`${namespace}/`);
      return summaries.all(from, to);
    },
    collection: (name) => (name.includes('/') ? summary.get(name) : undefined),
  };
}

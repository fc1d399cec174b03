/** Reads of what happened: the feed, and the history of a path through its earlier names. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import { splitPath } from './places.ts';
import { decodeKept, digestToBlob, KEPT_COLUMNS } from './body-columns.ts';
import { decodeMaybeNumber, decodeNumber, decodeNumbers } from './rows.ts';
import { decodeEvent, EVENT_COLUMNS, EVENTS } from './event-columns.ts';
import { prepareQuery } from './sql.ts';
import { openTrails } from './trails.ts';
import type { Catalog } from './types.ts';
import type { EventScope, StoredEvent } from './answers.ts';

/** The feed of everything is the table itself. */
export const EVENTS_AFTER = `${EVENTS} WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;

/** CROSS JOIN keeps the order of the feed: a step in the other tables for each of its rows. */
export const EVENTS_IN_SCOPE_AFTER = `
  SELECT ${EVENT_COLUMNS} FROM feed f CROSS JOIN events e ON e.seq = f.seq JOIN sets s ON s.first = e.first
  JOIN paths p ON p.id = e.path LEFT JOIN paths q ON q.id = e.source
  WHERE f.scope = (SELECT id FROM scopes WHERE name = ?) AND f.seq > ? ORDER BY f.seq LIMIT ?`;

/** What was done last comes first. */
export const EVENTS_BEFORE = `${EVENTS} WHERE e.seq < ? ORDER BY e.seq DESC LIMIT ?`;
export const EVENTS_IN_SCOPE_BEFORE = `
  SELECT ${EVENT_COLUMNS} FROM feed f CROSS JOIN events e ON e.seq = f.seq JOIN sets s ON s.first = e.first
  JOIN paths p ON p.id = e.path LEFT JOIN paths q ON q.id = e.source
  WHERE f.scope = (SELECT id FROM scopes WHERE name = ?) AND f.seq < ? ORDER BY f.seq DESC LIMIT ?`;

const EVENT = `${EVENTS} WHERE e.seq = ?`;
export const VERSION = `SELECT ${KEPT_COLUMNS} FROM events WHERE seq = ?`;

/**
 * Asked of every file that is found changed: whether the path itself had these bytes among its newest events, and whether
 * something moved here. A limit of -1 is none.
 */
export const HAD_DIGEST = `SELECT max(digest = ? AND kind IS NOT NULL), max(source IS NOT NULL) FROM (
  SELECT digest, kind, source FROM events
  WHERE path = (SELECT id FROM paths WHERE directory = ? AND name = ?) ORDER BY seq DESC LIMIT ?)`;

/** Asked at every 404: what a path was left by is known by its row, but for a move. */
export const DEPARTURE = `${EVENTS} WHERE e.seq = (
  SELECT coalesce(h.deleted_seq, (SELECT max(m.seq) FROM events m WHERE m.source = h.id)) FROM paths h
  WHERE h.directory = ? AND h.name = ? AND h.served_seq IS NULL)`;

const PATH_ID = 'SELECT id FROM paths WHERE directory = ? AND name = ?';
const FIRST_LATER = 'SELECT min(first) FROM sets WHERE at > ?';
/** Sets whose time is before that of an earlier one are few, and have an index of their own. */
export const OLDER_BEHIND = 'SELECT 1 FROM sets WHERE at < latest AND first > ? AND at <= ? LIMIT 1';
/** A change set may be several frames: what one rescan found. */
export const LAST_OF_SET = `SELECT max(last) FROM sets
  WHERE change_set = (SELECT change_set FROM sets WHERE first <= ? ORDER BY first DESC LIMIT 1)`;
const REACHED = 'SELECT reached FROM state';

type HistoryReads = Pick<
  Catalog,
  | 'events'
  | 'eventsBefore'
  | 'event'
  | 'version'
  | 'history'
  | 'departure'
  | 'versionWith'
  | 'hasVersionWith'
  | 'isOf'
  | 'servedAt'
  | 'seqAtTime'
  | 'isAmbiguousTime'
  | 'lastOfSet'
>;

export function openHistoryReads(reader: Database): HistoryReads {
  const after = prepareQuery(reader, EVENTS_AFTER, decodeEvent);
  const inScopeAfter = prepareQuery(reader, EVENTS_IN_SCOPE_AFTER, decodeEvent);
  const before = prepareQuery(reader, EVENTS_BEFORE, decodeEvent);
  const inScopeBefore = prepareQuery(reader, EVENTS_IN_SCOPE_BEFORE, decodeEvent);
  const event = prepareQuery(reader, EVENT, decodeEvent);
  const version = prepareQuery(reader, VERSION, decodeKept);
  const departure = prepareQuery(reader, DEPARTURE, decodeEvent);
  const pathId = prepareQuery(reader, PATH_ID, decodeNumber);
  const hadDigest = prepareQuery(reader, HAD_DIGEST, decodeNumbers);
  const firstLater = prepareQuery(reader, FIRST_LATER, decodeMaybeNumber);
  const olderBehind = prepareQuery(reader, OLDER_BEHIND, decodeNumber);
  const lastOfSet = prepareQuery(reader, LAST_OF_SET, decodeMaybeNumber);
  const reached = prepareQuery(reader, REACHED, decodeNumber);
  const trails = openTrails(reader);

  const idOf = (path: string): number | undefined => {
    const { directory, name } = splitPath(path);
    return pathId.get(directory, name);
  };

  const versionWith = (path: string, digest: Digest, upTo: Seq): StoredEvent | undefined => {
    const id = idOf(path);
    return id === undefined ? undefined : trails.versionWith(id, digest, upTo);
  };

  const seqAtTime = (timeMs: number): Seq => {
    const first = firstLater.get(timeMs) ?? null;
    return first === null ? (reached.get() ?? 0) : first - 1;
  };

  return {
    events: (scope, seq, limit) =>
      scope.kind === 'all' ? after.all(seq, limit) : inScopeAfter.all(nameOf(scope), seq, limit),
    eventsBefore: (scope, seq, limit) =>
      scope.kind === 'all' ? before.all(seq, limit) : inScopeBefore.all(nameOf(scope), seq, limit),
    event: (seq) => event.get(seq),
    version: (seq) => version.get(seq) ?? undefined,
    history(path, { before, limit }) {
      const id = idOf(path);
      return id === undefined ? [] : trails.versions(id, before ?? Number.MAX_SAFE_INTEGER, limit);
    },
    departure(path) {
      const { directory, name } = splitPath(path);
      return departure.get(directory, name);
    },
    versionWith: (path, digest, upTo = Number.MAX_SAFE_INTEGER) => versionWith(path, digest, upTo),
    hasVersionWith(path, digest, among = -1) {
      const { directory, name } = splitPath(path);
      const [here, moved] = hadDigest.get(digestToBlob(digest), directory, name, among) ?? [];
      if (here === 1) return true;
      return moved === 1 && versionWith(path, digest, Number.MAX_SAFE_INTEGER) !== undefined;
    },
    isOf(path, seq) {
      const id = idOf(path);
      return id !== undefined && trails.isOf(id, seq);
    },
    servedAt(path, seq) {
      const id = idOf(path);
      return id === undefined ? undefined : trails.servedAt(id, seq);
    },
    seqAtTime,
    isAmbiguousTime: (timeMs) => olderBehind.get(seqAtTime(timeMs), timeMs) !== undefined,
    lastOfSet: (seq) => Math.max(seq, lastOfSet.get(seq) ?? seq),
  };
}

const nameOf = (scope: Exclude<EventScope, { kind: 'all' }>): string =>
  scope.kind === 'namespace' ? scope.namespace : scope.collection;

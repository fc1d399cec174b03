/** Reads of what happened: the feed, and the history of a path through its earlier names. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import { splitPath } from './places.ts';
import { decodeKept, digestToBlob, KEPT_COLUMNS } from './body-columns.ts';
import { decodeMaybeNumber, decodeNumber, decodeNumbers } from './rows.ts';
import { decodeEvent, decodeMove, EVENT_COLUMNS } from './event-columns.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog } from './types.ts';
import type { EventScope, StoredEvent } from './answers.ts';

const EVENTS = `
  SELECT ${EVENT_COLUMNS} FROM events e JOIN sets s ON s.first = e.first
  JOIN paths p ON p.id = e.path LEFT JOIN paths q ON q.id = e.source`;

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

/** Versions of one path under this very name. */
export const VERSIONS = `${EVENTS} WHERE e.path = ? AND e.seq < ? AND e.kind IS NOT NULL ORDER BY e.seq DESC LIMIT ?`;

export const VERSION_WITH = `${EVENTS} WHERE e.path = ? AND e.digest = ? AND e.seq <= ? AND e.kind IS NOT NULL ORDER BY e.seq DESC LIMIT 1`;

/**
 * Asked of every file that is found changed: whether the path itself had these bytes among its newest events, and whether
 * something moved here. A limit of -1 is none.
 */
export const HAD_DIGEST = `SELECT max(digest = ? AND kind IS NOT NULL), max(source IS NOT NULL) FROM (
  SELECT digest, kind, source FROM events
  WHERE path = (SELECT id FROM paths WHERE directory = ? AND name = ?) ORDER BY seq DESC LIMIT ?)`;

/** A move away from here is told by an event of its target. */
export const MOVES_AWAY = `${EVENTS} WHERE e.source = ? AND e.seq < ? ORDER BY e.seq DESC LIMIT ?`;

export const MOVES_HERE =
  'SELECT source, seq FROM events WHERE path = ? AND source IS NOT NULL AND seq < ? ORDER BY seq DESC';

/** The codes of `valid` and `deleted` (codes.ts) are what moves a served head; rescued and invalid versions do not. */
const SERVED_AT = `${EVENTS} WHERE e.path = ? AND e.seq <= ? AND e.kind IN (0, 3) ORDER BY e.seq DESC LIMIT 1`;
const LEFT_AT = `${EVENTS} WHERE e.source = ? AND e.seq <= ? ORDER BY e.seq DESC LIMIT 1`;
const CAME_LATER =
  'SELECT source, seq FROM events WHERE path = ? AND source IS NOT NULL AND seq > ? ORDER BY seq LIMIT 1';

/** Asked at every 404: what a path was left by is known by its row, but for a move. */
export const DEPARTURE = `${EVENTS} WHERE e.seq = (
  SELECT coalesce(h.deleted_seq, (SELECT max(m.seq) FROM events m WHERE m.source = h.id)) FROM paths h
  WHERE h.directory = ? AND h.name = ? AND h.served_seq IS NULL)`;

const PLACES_OF = 'SELECT path, source FROM events WHERE seq = ?';
const PATH_ID = 'SELECT id FROM paths WHERE directory = ? AND name = ?';
const FIRST_LATER = 'SELECT min(first) FROM sets WHERE at > ?';
/** Sets whose time is before that of an earlier one are few, and have an index of their own. */
export const OLDER_BEHIND = 'SELECT 1 FROM sets WHERE at < latest AND first > ? AND at <= ? LIMIT 1';
/** A change set may be several frames: what one rescan found. */
export const LAST_OF_SET = `SELECT max(last) FROM sets
  WHERE change_set = (SELECT change_set FROM sets WHERE first <= ? ORDER BY first DESC LIMIT 1)`;
const REACHED = 'SELECT reached FROM state';

/** Longer chains of renames than this are cut off. */
const MOST_MOVES = 1000;

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

interface Trails {
  versions(path: number, before: Seq, limit: number): StoredEvent[];
  versionWith(path: number, digest: Digest, upTo: Seq): StoredEvent | undefined;
  isOf(path: number, seq: Seq): boolean;
  servedAt(path: number, seq: Seq): StoredEvent | undefined;
}

/** Follows a document back through the names it had. */
function openTrails(reader: Database): Trails {
  const versions = prepareQuery(reader, VERSIONS, decodeEvent);
  const placesOf = prepareQuery(reader, PLACES_OF, decodeNumbers);
  const versionWith = prepareQuery(reader, VERSION_WITH, decodeEvent);
  const movesAway = prepareQuery(reader, MOVES_AWAY, decodeEvent);
  const movesHere = prepareQuery(reader, MOVES_HERE, decodeMove);
  const servedAt = prepareQuery(reader, SERVED_AT, decodeEvent);
  const leftAt = prepareQuery(reader, LEFT_AT, decodeEvent);
  const cameLater = prepareQuery(reader, CAME_LATER, decodeMove);

  /** The path itself, and where what came here was before. */
  function namesOf(path: number, before: Seq): { readonly path: number; readonly before: Seq }[] {
    const names = [{ path, before }];
    for (let at = 0; at < names.length && names.length < MOST_MOVES; at++) {
      const name = names[at];
      if (!name) break;
      for (const { source, seq } of movesHere.all(name.path, name.before)) names.push({ path: source, before: seq });
    }
    return names;
  }

  return {
    versions(path, before, limit) {
      const bySeq = new Map<Seq, StoredEvent>();
      for (const name of namesOf(path, before)) {
        for (const query of [versions, movesAway]) {
          for (const found of query.all(name.path, name.before, limit)) bySeq.set(found.seq, found);
        }
      }
      return [...bySeq.values()].toSorted((a, b) => b.seq - a.seq).slice(0, limit);
    },
    versionWith(path, digest, upTo) {
      for (const name of namesOf(path, upTo + 1)) {
        const found = versionWith.get(name.path, digestToBlob(digest), name.before - 1);
        if (found) return found;
      }
      return undefined;
    },
    isOf(path, seq) {
      const places = placesOf.get(seq);
      if (places === undefined) return false;
      return namesOf(path, Number.MAX_SAFE_INTEGER).some((name) => places.includes(name.path) && seq < name.before);
    },
    servedAt(path, seq) {
      for (let id = path, moves = 0; moves < MOST_MOVES; moves++) {
        const candidates = [servedAt.get(id, seq), leftAt.get(id, seq)].filter((found) => found !== undefined);
        const last = candidates.toSorted((a, b) => b.seq - a.seq)[0];
        const later = cameLater.get(id, seq);
        if (later === undefined || (last !== undefined && last.kind === 'valid' && last === candidates[0])) return last;
        id = later.source;
      }
      return undefined;
    },
  };
}

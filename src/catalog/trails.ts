/** A document, followed back through the names it had. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import type { StoredEvent } from './answers.ts';
import { digestToBlob } from './body-columns.ts';
import { decodeEvent, decodeMove, EVENTS } from './event-columns.ts';
import { decodeNumbers } from './rows.ts';
import { prepareQuery } from './sql.ts';

/** Versions of one path under this very name. */
export const VERSIONS = `${EVENTS} WHERE e.path = ? AND e.seq < ? AND e.kind IS NOT NULL ORDER BY e.seq DESC LIMIT ?`;

export const VERSION_WITH = `${EVENTS} WHERE e.path = ? AND e.digest = ? AND e.seq <= ? AND e.kind IS NOT NULL ORDER BY e.seq DESC LIMIT 1`;

/** A move away from here is told by an event of its target. */
export const MOVES_AWAY = `${EVENTS} WHERE e.source = ? AND e.seq < ? ORDER BY e.seq DESC LIMIT ?`;

export const MOVES_HERE =
  'SELECT source, seq FROM events WHERE path = ? AND source IS NOT NULL AND seq < ? ORDER BY seq DESC';

/** The codes of `valid` and `deleted` (codes.ts) are what moves a served head; rescued and invalid versions do not. */
const SERVED_AT = `${EVENTS} WHERE e.path = ? AND e.seq <= ? AND e.kind IN (0, 3) ORDER BY e.seq DESC LIMIT 1`;
const LEFT_AT = `${EVENTS} WHERE e.source = ? AND e.seq <= ? ORDER BY e.seq DESC LIMIT 1`;
const CAME_LATER =
  'SELECT source, seq FROM events WHERE path = ? AND source IS NOT NULL AND seq > ? ORDER BY seq LIMIT 1';

const PLACES_OF = 'SELECT path, source FROM events WHERE seq = ?';

/** Longer chains of renames than this are cut off. */
const MOST_MOVES = 1000;

export interface Trails {
  versions(path: number, before: Seq, limit: number): StoredEvent[];
  versionWith(path: number, digest: Digest, upTo: Seq): StoredEvent | undefined;
  isOf(path: number, seq: Seq): boolean;
  servedAt(path: number, seq: Seq): StoredEvent | undefined;
}

export function openTrails(reader: Database): Trails {
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

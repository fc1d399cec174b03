/** Rows of `sets`, `events` and `feed` as they are written. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { LoggedEntry, Origin, Seq } from '../core/events.ts';
import * as codes from './codes.ts';
import { digestFrom, digestToBlob, placeToColumns } from './body-columns.ts';
import { type PathRow } from './rows.ts';
import { type Verdict } from './event-columns.ts';
import type { Scope, Scopes } from './scopes.ts';
import { prepareCommand, prepareQuery } from './sql.ts';

/** A frame that is applied again from its middle on keeps its first seq. */
const INSERT_SET = `
  INSERT INTO sets (first, last, change_set, at, actor, cause, session, latest)
  VALUES (?, ?, ?, ?, ?, ?, ?, max(?, coalesce((SELECT latest FROM sets ORDER BY first DESC LIMIT 1), 0)))
  ON CONFLICT (first) DO UPDATE SET last = excluded.last`;

const INSERT_EVENT = `
  INSERT INTO events (seq, first, op, kind, path, source, digest, size, before, modified, encoding, segment, position, length,
    base, part, in_force, verdict)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** A move inside one scope counts there once. */
const INSERT_FEED = 'INSERT INTO feed (scope, seq) VALUES (?, ?) ON CONFLICT DO NOTHING';

const DIGEST = 'SELECT digest FROM events WHERE seq = ?';

export interface EventRows {
  insertSet(first: Seq, last: Seq, origin: Origin): void;
  insertEvent(first: Seq, entry: LoggedEntry, path: PathRow, source: PathRow | null): void;
  digestOf(seq: Seq): Digest | null;
}

export function openEventRows(database: Database, scopes: Scopes): EventRows {
  const insertSet = prepareCommand(database, INSERT_SET);
  const insertEvent = prepareCommand(database, INSERT_EVENT);
  const digest = prepareQuery(database, DIGEST, (row) => digestFrom(row[0] as Buffer | null));
  const insertFeed = prepareCommand(database, INSERT_FEED);

  function feed(path: PathRow, seq: Seq): void {
    if (path.scope === null) return;
    for (let at: Scope | null = scopes.byId(path.scope); at !== null; at = at.parent) insertFeed(at.id, seq);
  }

  return {
    insertSet(first, last, { changeSet, atMs, actor, cause, session }) {
      insertSet(first, last, changeSet, atMs, actor, codes.cause.encode(cause), session ?? null, atMs);
    },
    insertEvent(first, entry, path, source) {
      insertEvent(
        entry.seq,
        first,
        codes.op.encode(entry.op),
        entry.kind === null ? null : codes.versionKind.encode(entry.kind),
        path.id,
        source?.id ?? null,
        digestToBlob(entry.digest),
        entry.size,
        digestToBlob(entry.before),
        entry.modifiedMs ?? null,
        ...placeToColumns(entry.body),
        inForceOf(entry),
        verdictOf(entry),
      );
      feed(path, entry.seq);
      if (source) feed(source, entry.seq);
    },
    digestOf: (seq) => digest.get(seq) ?? null,
  };
}

const inForceOf = ({ op, inForce }: LoggedEntry): number | null => {
  if (inForce === undefined) return op === 'schema' ? 0 : null;
  return inForce ? 1 : 0;
};

function verdictOf({ code, faults, becameInvalid, becameValid }: LoggedEntry): string | null {
  if (code === undefined && faults === undefined && becameInvalid === undefined && becameValid === undefined)
    return null;
  const verdict: Verdict = {
    ...(code !== undefined && { code }),
    ...(faults !== undefined && { faults }),
    ...(becameInvalid !== undefined && { becameInvalid }),
    ...(becameValid !== undefined && { becameValid }),
  };
  return JSON.stringify(verdict);
}

/** The columns of events, and what they hold (rows.ts). */
import type { Fault, Seq } from '../core/events.ts';
import type { StoredEvent } from './answers.ts';
import { digestFrom, placeFrom, type PlaceColumns } from './body-columns.ts';
import * as codes from './codes.ts';
import { joinPath } from './rows.ts';
import type { RawRow } from './sql.ts';

/** The parts of an event that few have. */
export interface Verdict {
  readonly code?: string;
  readonly faults?: readonly Fault[];
  readonly becameInvalid?: number;
  readonly becameValid?: number;
}

/** Of events e, their set s, their path p and the path q they came from. */
export const EVENT_COLUMNS = `e.seq, s.at, e.op, e.kind, p.directory, p.name, q.directory, q.name, e.digest, e.size, e.before,
  e.modified, s.actor, s.cause, s.change_set, s.session, e.in_force, e.verdict,
  e.encoding, e.segment, e.position, e.length, e.base, e.part`;

export const EVENTS = `
  SELECT ${EVENT_COLUMNS} FROM events e JOIN sets s ON s.first = e.first
  JOIN paths p ON p.id = e.path LEFT JOIN paths q ON q.id = e.source`;

export function decodeEvent(row: RawRow): StoredEvent {
  const [seq, atMs, op, kind, directory, name, fromDirectory, fromName, digest, size, before, ...rest] = row as [
    number,
    number,
    number,
    number | null,
    string,
    string,
    string | null,
    string | null,
    Buffer | null,
    number,
    Buffer | null,
    number | null,
    string,
    number,
    string,
    string | null,
    number | null,
    string | null,
    ...PlaceColumns,
  ];
  const [modifiedMs, actor, cause, changeSet, session, inForce, verdictText, ...place] = rest;
  const verdict = (verdictText === null ? {} : JSON.parse(verdictText)) as Verdict;
  return {
    seq,
    atMs,
    op: codes.op.decode(op),
    kind: kind === null ? null : codes.versionKind.decode(kind),
    path: joinPath(directory, name),
    from: fromDirectory === null || fromName === null ? null : joinPath(fromDirectory, fromName),
    digest: digestFrom(digest),
    size,
    before: digestFrom(before),
    modifiedMs,
    actor,
    cause: codes.cause.decode(cause),
    changeSet,
    session,
    body: placeFrom(place),
    code: verdict.code ?? null,
    faults: verdict.faults ?? [],
    inForce: inForce === null ? null : inForce === 1,
    becameInvalid: verdict.becameInvalid ?? null,
    becameValid: verdict.becameValid ?? null,
  };
}

/** A document that came from another path: the id of that path, and the seq of the move. */
export interface MoveRow {
  readonly source: number;
  readonly seq: Seq;
}

export const decodeMove = (row: RawRow): MoveRow => ({ source: row[0] as number, seq: row[1] as number });

/**
 * Events of a catalog for verify, which compares each with the log: as one line of text, which SQLite spells from the columns and
 * the log's entry is spelt as too. Two texts are compared at a fraction of what it costs to make an object of each row; only
 * where they differ is the row decoded, to say how.
 */
import type { Database } from 'better-sqlite3';
import type { BodyPlace, LoggedEntry, Seq } from '../core/events.ts';
import { digestFrom, encodingOf, placeFrom, type PlaceColumns } from './body-columns.ts';
import * as codes from './codes.ts';
import { decodeText, joinPath } from './rows.ts';
import { prepareQuery, type RawRow } from './sql.ts';

/** An event as far as the log tells it by itself. */
export type AuditedEvent = Pick<LoggedEntry, 'seq' | 'op' | 'kind' | 'path' | 'digest' | 'size' | 'body'>;

export interface EventAudit {
  /** In the order of their seqs, each as `lineOf` spells it. */
  eventLines(after: Seq, limit: number): string[];
  entry(seq: Seq): AuditedEvent | undefined;
}

/** Of paths p. */
export const PATH = "CASE p.directory WHEN '' THEN p.name ELSE p.directory || '/' || p.name END";

const LINES = `
  SELECT concat_ws(' ', e.seq, e.op, coalesce(e.kind, '-'), e.size, e.encoding, coalesce(e.segment, '-'),
    coalesce(e.position, '-'), coalesce(e.length, '-'), coalesce(e.base, '-'), iif(e.part IS NULL, '-', lower(hex(e.part))),
    iif(e.digest IS NULL, '-', lower(hex(e.digest))), ${PATH})
  FROM events e JOIN paths p ON p.id = e.path WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;
const ENTRY = `
  SELECT e.seq, e.op, e.kind, p.directory, p.name, e.digest, e.size, e.encoding, e.segment, e.position, e.length, e.base, e.part
  FROM events e JOIN paths p ON p.id = e.path WHERE e.seq = ?`;

export function openEventAudit(database: Database): EventAudit {
  const lines = prepareQuery(database, LINES, decodeText);
  const entry = prepareQuery(database, ENTRY, decodeEntry);
  return { eventLines: (after, limit) => lines.all(after, limit), entry: (seq) => entry.get(seq) };
}

/** The inverse of the columns: what is there has no two spellings, and the path, which may hold spaces, comes last. */
export const lineOf = ({ seq, op, kind, size, body, digest, path }: AuditedEvent): string =>
  `${seq} ${codes.op.encode(op)} ${kind === null ? '-' : codes.versionKind.encode(kind)} ${size} ${placeLine(body)} ${digest ?? '-'} ${path}`;

function placeLine(place: BodyPlace): string {
  const encoding = encodingOf(place);
  if (!('segment' in place)) return `${encoding} - - - - -`;
  const { segment, offset, length } = place;
  return `${encoding} ${segment} ${offset} ${length} ${place.in === 'tail' ? `${place.base} ${place.part}` : '- -'}`;
}

export const seqOfLine = (line: string): Seq => Number.parseInt(line, 10);

function decodeEntry(row: RawRow): AuditedEvent {
  const [seq, op, kind, directory, name, digest, size, ...place] = row as [
    number,
    number,
    number | null,
    string,
    string,
    Buffer | null,
    number,
    ...PlaceColumns,
  ];
  return {
    seq,
    op: codes.op.decode(op),
    kind: kind === null ? null : codes.versionKind.decode(kind),
    path: joinPath(directory, name),
    digest: digestFrom(digest),
    size,
    body: placeFrom(place),
  };
}

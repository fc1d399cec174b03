/**
 * What the columns hold. The only place where rows of SQLite are believed to have a type; each list of columns stands beside
 * the function that decodes it, in the same order.
 */
import type { Digest } from '../core/digest.ts';
import type { Fault, Seq } from '../core/events.ts';
import { meaningOfProblem } from '../core/problem-hints.ts';
import type { Problem, ProblemCode } from '../core/problems.ts';
import type { StatKey } from '../core/stat-key.ts';
import { digestFrom, placeFrom, type PlaceColumns } from './body-columns.ts';
import * as codes from './codes.ts';
import type { RawRow } from './sql.ts';
import type {
  CollectionSummary,
  DeletedDocument,
  Head,
  KnownName,
  ListedDocument,
  Seen,
  ServedText,
  StoredEvent,
} from './types.ts';

export const joinPath = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);

/** The parts of an event that few have. */
export interface Verdict {
  readonly code?: string;
  readonly faults?: readonly Fault[];
  readonly becameInvalid?: number;
  readonly becameValid?: number;
}

/** The state of one path, as applying an entry reads and writes it. */
export interface PathRow {
  readonly id: number;
  readonly kind: number;
  readonly scope: number | null;
  readonly diskDigest: Digest | null;
  readonly diskSeq: Seq;
  readonly servedSeq: Seq | null;
  readonly deletedSeq: Seq | null;
  readonly stat: StatKey | null;
  readonly clean: boolean;
  readonly grown: boolean;
  readonly problems: number;
}

/** How far a stat is believed: 0 not at all, 1 for the whole file, 2 for what was appended (Head, `grown`). */
const believed = (clean: number): { readonly clean: boolean; readonly grown: boolean } => ({
  clean: clean !== 0,
  grown: clean === 2,
});

export const cleanToColumn = ({ clean, grown = false }: Pick<Seen, 'clean' | 'grown'>): number =>
  !clean ? 0 : grown ? 2 : 1;

export const PATH_COLUMNS = 'id, kind, scope, disk_digest, disk_seq, served_seq, deleted_seq, stat, clean, problems';

export function decodePath(row: RawRow): PathRow {
  const [id, kind, scope, digest, diskSeq, servedSeq, deletedSeq, stat, clean, problems] = row as [
    number,
    number,
    number | null,
    Buffer | null,
    number,
    number | null,
    number | null,
    StatKey | null,
    number,
    number,
  ];
  return {
    id,
    kind,
    scope,
    diskDigest: digestFrom(digest),
    diskSeq,
    servedSeq,
    deletedSeq,
    stat,
    ...believed(clean),
    problems,
  };
}

/** Of paths p. The served event is read beside it: a join costs five times the row (measured), and most looks need no event. */
export const HEAD_COLUMNS = `p.directory, p.name, p.kind, (SELECT c.name FROM scopes c WHERE c.id = p.scope), p.document,
  p.disk_digest, p.disk_seq, p.served_seq, p.stat, p.clean, p.problems`;

export interface HeadRow {
  readonly head: Omit<Head, keyof ServedHead>;
  readonly servedSeq: Seq | null;
}

export function decodeHead(row: RawRow): HeadRow {
  const [directory, name, kind, scope, id, diskDigest, diskSeq, servedSeq, stat, clean, problems] = row as [
    string,
    string,
    number,
    string | null,
    string,
    Buffer | null,
    number,
    number | null,
    StatKey | null,
    number,
    number,
  ];
  const head = {
    path: joinPath(directory, name),
    kind: codes.pathKind.decode(kind),
    collection: scope?.includes('/') ? scope : '',
    id,
    diskDigest: digestFrom(diskDigest),
    diskSeq,
    stat,
    ...believed(clean),
    problems: codes.codesOf(problems),
  };
  return { head, servedSeq };
}

type ServedHead = Pick<Head, 'servedDigest' | 'servedSeq' | 'servedSize' | 'servedModifiedMs' | 'servedBody'>;

export const NOTHING_SERVED: ServedHead = {
  servedDigest: null,
  servedSeq: 0,
  servedSize: 0,
  servedModifiedMs: 0,
  servedBody: null,
};

export const SERVED_HEAD_COLUMNS = 'digest, seq, size, modified, encoding, segment, position, length, base, part';

export function decodeServedHead(row: RawRow): ServedHead {
  const [digest, seq, size, modified, ...place] = row as [
    Buffer | null,
    number,
    number,
    number | null,
    ...PlaceColumns,
  ];
  return {
    servedDigest: digestFrom(digest),
    servedSeq: seq,
    servedSize: size,
    servedModifiedMs: modified ?? 0,
    servedBody: placeFrom(place),
  };
}

export const KNOWN_NAME_COLUMNS = 'name, stat, clean, disk_digest IS NOT NULL OR served_seq IS NOT NULL, problems <> 0';

export function decodeKnownName(row: RawRow): KnownName {
  const [name, stat, clean, present, hasProblem] = row as [string, StatKey | null, number, number, number];
  return { name, stat, clean: clean !== 0, present: present === 1, hasProblem: hasProblem === 1 };
}

/** Of paths p, their text d, their served event e and its set s. */
export const LISTED_COLUMNS =
  'p.document, p.directory, p.name, d.text, e.digest, e.seq, coalesce(e.modified, s.at), s.actor, p.problems';

export function decodeListed(row: RawRow): ListedDocument {
  const [id, directory, name, text, digest, seq, modifiedMs, actor, problems] = row as [
    string,
    string,
    string,
    string,
    Buffer,
    number,
    number,
    string,
    number,
  ];
  // A warning is for whoever tends the data; the document is served as it is.
  const problem = codes.codesOf(problems).find((code) => code !== 'warning') ?? null;
  return {
    id,
    path: joinPath(directory, name),
    text,
    etag: digestFrom(digest) as Digest,
    seq,
    modifiedMs,
    actor,
    problem,
  };
}

export const SERVED_COLUMNS = 'p.document, p.directory, p.name, d.text, e.digest, e.seq';

export function decodeServed(row: RawRow): ServedText {
  const [id, directory, name, text, digest, seq] = row as [string, string, string, string, Buffer, number];
  return { id, path: joinPath(directory, name), text, etag: digestFrom(digest) as Digest, seq };
}

export const DELETED_COLUMNS = 'p.document, p.directory, p.name, p.deleted_seq, s.at, s.actor';

export function decodeDeleted(row: RawRow): DeletedDocument {
  const [id, directory, name, seq, atMs, actor] = row as [string, string, string, number, number, string];
  return { id, path: joinPath(directory, name), seq, atMs, actor };
}

/** Of events e, their set s, their path p and the path q they came from. */
export const EVENT_COLUMNS = `e.seq, s.at, e.op, e.kind, p.directory, p.name, q.directory, q.name, e.digest, e.size, e.before,
  e.modified, s.actor, s.cause, s.change_set, s.session, e.in_force, e.verdict,
  e.encoding, e.segment, e.position, e.length, e.base, e.part`;

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

/** Of problems o, their path p, its scope c and its served event e. */
export const PROBLEM_COLUMNS =
  'o.id, o.code, o.path, c.name, p.kind, p.document, o.since, o.faults, o.digest, e.digest';

export function decodeProblem(row: RawRow): Problem {
  const [id, code, path, scope, kind, document, since, faults, digest, serving] = row as [
    string,
    ProblemCode,
    string,
    string | null,
    number,
    string,
    number,
    string,
    Buffer | null,
    Buffer | null,
  ];
  const isDocument = ['document', 'stream'].includes(codes.pathKind.decode(kind));
  const { state, hint } = meaningOfProblem(code);
  return {
    id,
    code,
    path,
    ...(scope?.includes('/') && { collection: scope }),
    ...(isDocument && { document }),
    since: new Date(since).toISOString(),
    state,
    errors: JSON.parse(faults) as Fault[],
    hint,
    digest: digestFrom(digest),
    serving: digestFrom(serving),
  };
}

export const SUMMARY_COLUMNS = 'name, documents, problems';

export function decodeSummary(row: RawRow): CollectionSummary {
  const [name, count, problems] = row as [string, number, number];
  return { name, count, problems };
}

export interface ScopeRow {
  readonly id: number;
  readonly name: string;
  readonly documents: number;
  readonly present: number;
  readonly problems: number;
}

export const SCOPE_COLUMNS = 'id, name, documents, present, problems';

export function decodeScope(row: RawRow): ScopeRow {
  const [id, name, documents, present, problems] = row as [number, string, number, number, number];
  return { id, name, documents, present, problems };
}

/** Of directory and name. */
export const decodePathName = (row: RawRow): string => joinPath(row[0] as string, row[1] as string);

/** A document that came from another path: the id of that path, and the seq of the move. */
export interface MoveRow {
  readonly source: number;
  readonly seq: Seq;
}

export const decodeMove = (row: RawRow): MoveRow => ({ source: row[0] as number, seq: row[1] as number });

export const decodeText = (row: RawRow): string => row[0] as string;
export const decodeNumbers = (row: RawRow): readonly (number | null)[] => row as readonly (number | null)[];
export const decodeNumber = (row: RawRow): number => row[0] as number;
/** For min and max of no rows. */
export const decodeMaybeNumber = (row: RawRow): number | null => row[0] as number | null;

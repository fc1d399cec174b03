/**
 * What the columns hold: here of paths, in event-columns.ts and list-columns.ts the rest. Only there are rows of SQLite believed to
 * have a type; each list of columns stands beside the function that decodes it, in the same order.
 */
import type { Digest } from '../core/digest.ts';
import type { Seq } from '../core/events.ts';
import type { StatKey } from '../core/stat-key.ts';
import { digestFrom, placeFrom, type PlaceColumns } from './body-columns.ts';
import * as codes from './codes.ts';
import type { RawRow } from './sql.ts';
import type { Head, KnownName, Seen } from './types.ts';

export const joinPath = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);

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

export const decodeText = (row: RawRow): string => row[0] as string;
export const decodeNumbers = (row: RawRow): readonly (number | null)[] => row as readonly (number | null)[];
export const decodeNumber = (row: RawRow): number => row[0] as number;
/** For min and max of no rows. */
export const decodeMaybeNumber = (row: RawRow): number | null => row[0] as number | null;

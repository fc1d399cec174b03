/** What retention asks of the catalog, and what it tells it: versions path by path, and where their bytes lie now. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { LoggedEntry, Seq, VersionKind } from '../core/events.ts';
import type { Applier } from './applier.ts';
import * as codes from './codes.ts';
import { digestFrom, digestToBlob, placeToColumns } from './body-columns.ts';
import { prepareCommand, prepareQuery, type RawRow } from './sql.ts';
import type { ProblemCode } from '../core/problems.ts';

/** A path with more than one version whose bytes are kept. */
export interface PathWithVersions {
  readonly id: number;
  readonly path: string;
  readonly diskDigest: Digest | null;
  readonly servedSeq: Seq | null;
  readonly problems: readonly ProblemCode[];
}

export interface PathVersion {
  readonly seq: Seq;
  readonly atMs: number;
  /** `deleted` also for a move away from here. */
  readonly kind: VersionKind;
  readonly digest: Digest | null;
  /** Where the bytes are: nowhere, in a blob, in the log. */
  readonly isKept: boolean;
  /** Bytes as stored in the log; 0 elsewhere. */
  readonly storedBytes: number;
  /** The version that it was appended to: without its bytes there are none of this one. */
  readonly base: Seq | null;
}

export interface Retained {
  /** By id, a page behind `after`. */
  pathsWithVersions(after: number, limit: number): PathWithVersions[];
  /** Newest first. */
  pathVersions(id: number): PathVersion[];
  /** Other versions with the same bytes, under any path; a stretch of seqs at a time. */
  versionsWithBytes(digest: Digest, from: Seq, to: Seq): { readonly seq: Seq; readonly path: string }[];
  /** Digests of versions whose bytes are kept as blobs; a stretch of seqs at a time. */
  blobDigests(from: Seq, to: Seq): Digest[];
  /** Time of the newest event; null where there is none. */
  newestAtMs(): number | null;
  /** The bytes of these events lie where the entries say. At most 200 a call. */
  movePlaces(entries: readonly LoggedEntry[]): Promise<void>;
  /** How often each segment had been replaced when its places were told last. */
  replacedSegments(): Readonly<Record<string, number>>;
  noteReplaced(replaced: Readonly<Record<string, number>>): Promise<void>;
}

const PATHS = `
  SELECT p.id, p.directory, p.name, p.disk_digest, p.served_seq, p.problems FROM paths p WHERE p.id > ?
  AND (SELECT count(*) FROM (SELECT 1 FROM events e WHERE e.path = p.id AND e.encoding > 0 LIMIT 2)) > 1
  ORDER BY p.id LIMIT ?`;

/** The code of `deleted` is 3 (codes.ts). */
const VERSIONS = `
  SELECT e.seq, s.at, e.kind, e.digest, e.encoding, e.length, e.base FROM events e JOIN sets s ON s.first = e.first
  WHERE e.path = ? AND e.kind IS NOT NULL
  UNION ALL SELECT e.seq, s.at, 3, NULL, 0, NULL, NULL FROM events e JOIN sets s ON s.first = e.first WHERE e.source = ?
  ORDER BY 1 DESC`;

const WITH_BYTES = `
  SELECT e.seq, p.directory, p.name FROM events e JOIN paths p ON p.id = e.path
  WHERE e.seq BETWEEN ? AND ? AND e.digest = ? AND e.encoding > 0`;
const BLOBS = 'SELECT DISTINCT digest FROM events WHERE seq BETWEEN ? AND ? AND encoding = 1';
const NEWEST = 'SELECT at FROM sets ORDER BY first DESC LIMIT 1';
const MOVE = 'UPDATE events SET encoding = ?, segment = ?, position = ?, length = ?, base = ?, part = ? WHERE seq = ?';
const REPLACED = 'SELECT replaced FROM state';
const NOTE = 'UPDATE state SET replaced = ?';

export function openRetained(reader: Database, writer: Database, applier: Applier): Retained {
  const paths = prepareQuery(reader, PATHS, decodePath);
  const versions = prepareQuery(reader, VERSIONS, decodeVersion);
  const withBytes = prepareQuery(reader, WITH_BYTES, ([seq, directory, name]) => ({
    seq: seq as number,
    path: `${directory as string}/${name as string}`,
  }));
  const blobs = prepareQuery(reader, BLOBS, (row) => digestFrom(row[0] as Buffer) as Digest);
  const newest = prepareQuery(reader, NEWEST, (row) => row[0] as number);
  const replaced = prepareQuery(reader, REPLACED, (row) => row[0] as string);
  const move = prepareCommand(writer, MOVE);
  const note = prepareCommand(writer, NOTE);
  return {
    pathsWithVersions: (after, limit) => paths.all(after, limit),
    pathVersions: (id) => versions.all(id, id),
    versionsWithBytes: (digest, from, to) => withBytes.all(from, to, digestToBlob(digest)),
    blobDigests: (from, to) => blobs.all(from, to),
    newestAtMs: () => newest.get() ?? null,
    movePlaces: (entries) =>
      applier.beside(() => {
        for (const { seq, body } of entries) move(...placeToColumns(body), seq);
      }),
    replacedSegments: () => JSON.parse(replaced.get() ?? '{}') as Record<string, number>,
    noteReplaced: (counts) => applier.beside(() => void note(JSON.stringify(counts))),
  };
}

function decodePath(row: RawRow): PathWithVersions {
  const [id, directory, name, disk, servedSeq, problems] = row as [
    number,
    string,
    string,
    Buffer | null,
    number | null,
    number,
  ];
  return {
    id,
    path: directory === '' ? name : `${directory}/${name}`,
    diskDigest: digestFrom(disk),
    servedSeq,
    problems: codes.codesOf(problems),
  };
}

function decodeVersion(row: RawRow): PathVersion {
  const [seq, atMs, kind, digest, encoding, length, base] = row as [
    number,
    number,
    number,
    Buffer | null,
    number,
    number | null,
    number | null,
  ];
  const isKept = encoding > 0;
  return {
    seq,
    atMs,
    kind: codes.versionKind.decode(kind),
    digest: digestFrom(digest),
    isKept,
    storedBytes: length ?? 0,
    base,
  };
}

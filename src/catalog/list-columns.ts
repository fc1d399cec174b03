/** The columns of what is listed: documents, deletions, problems, collections (rows.ts). */
import type { Digest } from '../core/digest.ts';
import type { Fault } from '../core/events.ts';
import { fileItemText } from '../core/list-items.ts';
import { meaningOfProblem } from '../core/problem-hints.ts';
import type { Problem, ProblemCode } from '../core/problems.ts';
import type { CollectionSummary, DeletedDocument, ListedDocument, ServedText } from './answers.ts';
import { digestFrom } from './body-columns.ts';
import * as codes from './codes.ts';
import { joinPath } from './rows.ts';
import type { RawRow } from './sql.ts';

/** Of paths p, their text d, their served event e and its set s. */
export const LISTED_COLUMNS =
  'p.document, p.directory, p.name, d.text, e.digest, e.size, e.seq, coalesce(e.modified, s.at), s.actor, p.problems';

export function decodeListed(row: RawRow): ListedDocument {
  const [id, directory, name, text, digestBlob, size, seq, modifiedMs, actor, problems] = row as [
    string,
    string,
    string,
    string | null,
    Buffer,
    number,
    number,
    number,
    string,
    number,
  ];
  // A warning is for whoever tends the data; the document is served as it is.
  const problem = codes.codesOf(problems).find((code) => code !== 'warning') ?? null;
  const digest = digestFrom(digestBlob) as Digest;
  return {
    id,
    path: joinPath(directory, name),
    text: text ?? fileItemText({ size, digest }),
    etag: digest,
    seq,
    modifiedMs,
    actor,
    problem,
  };
}

export const SERVED_COLUMNS = 'p.document, p.directory, p.name, d.text, e.digest, e.seq, p.problems';

export function decodeServed(row: RawRow): ServedText {
  const [id, directory, name, text, digest, seq, problems] = row as [
    string,
    string,
    string,
    string,
    Buffer,
    number,
    number,
  ];
  const path = joinPath(directory, name);
  return { id, path, text, etag: digestFrom(digest) as Digest, seq, hasProblem: problems !== 0 };
}

export const DELETED_COLUMNS = 'p.document, p.directory, p.name, p.deleted_seq, s.at, s.actor';

export function decodeDeleted(row: RawRow): DeletedDocument {
  const [id, directory, name, seq, atMs, actor] = row as [string, string, string, number, number, string];
  return { id, path: joinPath(directory, name), seq, atMs, actor };
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

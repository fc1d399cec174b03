/**
 * What can be said about the bytes at a path without knowing their history: their digest, whether they are a document, and
 * what full text indexes of them. The same code judges in the thread that serves and in the workers that index.
 */
import { digestOf, type Digest } from './digest.ts';
import type { Fault } from './events.ts';
import { DOCUMENT_LIMITS, readJson } from './json/read-json.ts';
import { searchTextOf } from './json/search-text.ts';
import type { JsonObject } from './json/value.ts';
import { classify } from './refs.ts';
import type { StatKey } from './stat-key.ts';

/** What was found at a path, as far as judging needs it. */
export type Looked =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly key?: StatKey }
  | { readonly kind: 'large'; readonly stat: { readonly size: number }; readonly digest: Digest | null }
  | { readonly kind: 'absent' | 'blocked' | 'unstable' };

export type Verdict =
  | { readonly kind: 'valid'; readonly warnings: readonly Fault[] }
  | { readonly kind: 'invalid'; readonly faults: readonly Fault[] };

interface Judged {
  /** Null for what is never judged: nothing there, a name that is not served. Streams and files are valid as they are. */
  readonly verdict: Verdict | null;
  /** Null unless a valid document. */
  readonly searchText: string | null;
}

export interface Examination<L extends Looked> extends Judged {
  readonly path: string;
  readonly look: L;
  /** Null when there are no bytes, or more than were held and hashed. */
  readonly digest: Digest | null;
}

/** The faults of a document by its collection's schema; none where it has no schema. */
export type JudgeValue = (value: JsonObject, text: string) => readonly Fault[];

const NOT_JUDGED: Judged = { verdict: null, searchText: null };
const AS_IT_IS: Judged = { verdict: { kind: 'valid', warnings: [] }, searchText: null };

const invalid = (faults: readonly Fault[]): Judged => ({ verdict: { kind: 'invalid', faults }, searchText: null });

/** A version that was judged valid, without a warning: bytes that are still those are not judged again. */
export interface KnownVersion {
  readonly digest: Digest;
  /** Stat identity that only a file with these bytes can have (reconciler/placements.ts): they are not hashed either. */
  readonly placedAs: StatKey | null;
}

export function examine<L extends Looked>(
  path: string,
  look: L,
  judge: JudgeValue,
  known: KnownVersion | undefined,
): Examination<L> {
  const looked: Looked = look;
  if (looked.kind === 'file') {
    const isPlaced = known !== undefined && known.placedAs !== null && looked.key === known.placedAs;
    const digest = isPlaced ? known.digest : digestOf(looked.bytes);
    return { path, look, digest, ...(digest === known?.digest ? AS_IT_IS : judgeBytes(path, looked.bytes, judge)) };
  }
  if (looked.kind !== 'large') return { path, look, digest: null, ...NOT_JUDGED };
  return { path, look, digest: looked.digest, ...judgeLarge(path, looked.stat.size) };
}

/** Judges the bytes of a file at this path as a document, where the path is one's. */
export function judgeBytes(path: string, bytes: Uint8Array, judge: JudgeValue): Judged {
  switch (classify(path).kind) {
    case 'document':
      return judgeDocument(bytes, judge);
    case 'schema':
    case 'files-schema':
      return judgeSchemaText(bytes);
    case 'stream':
    case 'file':
      return AS_IT_IS;
    case 'ignored':
    case 'misnamed':
      return NOT_JUDGED;
  }
}

function judgeDocument(bytes: Uint8Array, judge: JudgeValue): Judged {
  const read = readJson(bytes);
  if (read.kind === 'invalid') return invalid(read.faults);
  const faults = judge(read.value, read.text);
  if (faults.length > 0) return invalid(faults);
  return { verdict: { kind: 'valid', warnings: read.warnings }, searchText: searchTextOf(read.value) };
}

/** Whether it can be used as a schema is another question; here it need only be JSON. */
function judgeSchemaText(bytes: Uint8Array): Judged {
  const read = readJson(bytes);
  return read.kind === 'invalid' ? invalid(read.faults) : AS_IT_IS;
}

function judgeLarge(path: string, size: number): Judged {
  const { kind } = classify(path);
  if (kind === 'stream' || kind === 'file') return AS_IT_IS;
  if (kind === 'ignored' || kind === 'misnamed') return NOT_JUDGED;
  // Held only up to what the caller asked for: below the limit of documents nothing is known yet.
  const detail = `the document has ${size} bytes, at most ${DOCUMENT_LIMITS.maxBytes} are allowed`;
  return size > DOCUMENT_LIMITS.maxBytes ? invalid([{ code: 'json_too_large', detail }]) : NOT_JUDGED;
}

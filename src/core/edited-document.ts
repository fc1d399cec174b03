/**
 * A write of a document as far as it needs nothing but bytes and the schema: its new bytes, judged. Pure, and its outcome a
 * value that crosses threads, because a large document is edited and judged in a worker (DESIGN 3.11).
 */
import { digestOf, digestOfOwn, type Digest } from './digest.ts';
import { LarderError, type ErrorCode } from './errors.ts';
import type { Fault } from './events.ts';
import type { JudgeValue } from './examine.ts';
import { encodeText, readEdited, readJson, type ReadJson } from './json/read-json.ts';
import { searchTextOf } from './json/search-text.ts';
import { newText, type Edit } from './new-bytes.ts';
import type { Change } from './requests.ts';

export type Writing = Exclude<Change, { op: 'delete' }>;

export interface EditedDocument {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** What full text shall index. */
  readonly searchText: string;
  /** Accepted, and worth a look (read-json.ts). */
  readonly warnings: readonly Fault[];
}

/** A LarderError as it travels between threads. */
interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly Fault[];
  readonly members: Readonly<Record<string, unknown>>;
}

export type EditOutcome =
  | { readonly kind: 'edited'; readonly document: EditedDocument }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Throws what refuses it: `bad_json`, `bad_patch`, `patch_failed`, `not_found`, `too_large`, `schema_refused`. */
export function editDocument(change: Writing, current: Uint8Array | null, judge: JudgeValue): EditedDocument {
  const { bytes, digest, read } = change.op === 'exact' ? given(change.body) : made(change, current);
  return { bytes, digest, ...accept(read, judge) };
}

export const tryEdit = (change: Writing, current: Uint8Array | null, judge: JudgeValue): EditOutcome =>
  refusedOr(() => ({ kind: 'edited', document: editDocument(change, current, judge) }));

/** What a piece of work comes to, or what refuses it. */
export function refusedOr<Outcome>(work: () => Outcome): Outcome | Extract<EditOutcome, { kind: 'refused' }> {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    const { code, message: detail, errors, members } = error;
    return { kind: 'refused', refusal: { code, detail, errors, members } };
  }
}

export function editedOf(outcome: EditOutcome): EditedDocument {
  if (outcome.kind === 'edited') return outcome.document;
  const { code, detail, errors, members } = outcome.refusal;
  throw new LarderError(code, detail, { errors, members });
}

interface Made {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly read: ReadJson;
}

/** The array is the caller's, who may use it for something else afterwards. */
const given = (bytes: Uint8Array): Made => ({ bytes, digest: digestOf(bytes), read: readJson(bytes) });

function made(change: Edit, current: Uint8Array | null): Made {
  const text = newText(change, current);
  const bytes = encodeText(text);
  // The operations of a JSON Patch are judged, what they add is not yet.
  const read = change.op === 'json-patch' ? readJson(bytes) : readEdited(text, bytes);
  return { bytes, digest: digestOfOwn(bytes), read };
}

function accept(read: ReadJson, judge: JudgeValue): Pick<EditedDocument, 'searchText' | 'warnings'> {
  if (read.kind === 'invalid')
    throw new LarderError('bad_json', read.faults[0]?.detail ?? 'not a document', { errors: read.faults });
  const faults = judge(read.value, read.text);
  const [first] = faults;
  if (first) throw new LarderError('schema_refused', `${first.pointer || '/'}: ${first.detail}`, { errors: faults });
  return { searchText: searchTextOf(read.value), warnings: read.warnings };
}

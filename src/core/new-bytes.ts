/** The bytes that a write would put on disk: pure, from the text that is there and the change that is asked. */
import { LarderError } from './errors.ts';
import { editText } from './json/edit-text.ts';
import { jsonPatch } from './json/json-patch.ts';
import { layOut } from './json/layout.ts';
import { mergePatch } from './json/merge-patch.ts';
import { decodeText, encodeText, readJson } from './json/read-json.ts';
import type { Change } from './requests.ts';

/** Streams and files are any bytes: they are replaced whole. */
export function newRawBytes(change: Change): Uint8Array | null {
  if (change.op === 'delete') return null;
  if (change.op === 'put' || change.op === 'exact') return change.body;
  throw new LarderError('method_not_allowed', 'only documents can be patched');
}

/** Null after a deletion. `current` is the valid text on disk, with its byte order mark; null when there is none. */
export function newBytes(change: Change, current: Uint8Array | null): Uint8Array | null {
  if (change.op === 'delete') return null;
  return change.op === 'exact' ? change.body : encodeText(newText(change, current));
}

/** A change that makes a text of texts. */
export type Edit = Extract<Change, { op: 'put' | 'merge-patch' | 'json-patch' }>;

/**
 * Throws `bad_json` and what the patches throw. But for a JSON Patch the text consists of what was judged valid before: it may
 * be too large or too deep, no more.
 */
export function newText(change: Edit, current: Uint8Array | null): string {
  switch (change.op) {
    case 'put':
      return put(current, bodyText(change.body));
    case 'merge-patch':
      return mergePatch(patched(current), bodyText(change.body));
    case 'json-patch':
      return jsonPatch(patched(current), decodeText(change.body));
  }
}

const put = (current: Uint8Array | null, text: string): string =>
  current === null ? layOut(text) : editText(decodeText(current), text);

function patched(current: Uint8Array | null): string {
  if (current === null) throw new LarderError('not_found', 'there is no document to patch');
  return decodeText(current);
}

/** The body as text that is known to be a document. Throws `bad_json` with line and column. */
function bodyText(body: Uint8Array): string {
  const read = readJson(body);
  if (read.kind === 'valid') return read.text;
  const [first] = read.faults;
  const place = first?.line === undefined ? '' : ` (line ${first.line}, column ${first.column ?? 1})`;
  throw new LarderError('bad_json', `${first?.detail ?? 'the body is not a JSON object'}${place}`, {
    errors: read.faults,
  });
}

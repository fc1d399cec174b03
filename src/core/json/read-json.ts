/**
 * Judges the bytes of a document (FORMAT.md, JSON). Good documents take the fast path: the engine's own parser for the
 * grammar, and one linear scan for what it lets pass. Only what is refused is looked at again, for places and words.
 */
import { isUtf8 } from 'node:buffer';
import type { Fault } from '../events.ts';
import { parseGrammatical } from './exact-value.ts';
import { explain } from './explain.ts';
import { placeAt } from './places.ts';
import { below } from './pointer.ts';
import { membersOf, rootSpan, skipSpace } from './spans.ts';
import { scanText, type TextScan } from './text-scan.ts';
import { undecodable } from './undecodable.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './value.ts';

export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 128;
const MAX_WARNINGS = 20;

export interface JsonLimits {
  readonly maxBytes: number;
  /** Containers inside each other, the outermost included. */
  readonly maxDepth: number;
}

export const DOCUMENT_LIMITS: JsonLimits = { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: MAX_DEPTH };

interface Invalid {
  readonly kind: 'invalid';
  /** At least one, in the order of the text. */
  readonly faults: readonly Fault[];
}

interface Valid<Value> {
  readonly kind: 'valid';
  /** Without byte order mark; `decodeText` keeps it. */
  readonly text: string;
  readonly value: Value;
  /** Accepted, and worth a look: a byte order mark, members that start with `_`. */
  readonly warnings: readonly Fault[];
}

export type ReadJson = Valid<JsonObject> | Invalid;
export type ReadJsonValue = Valid<JsonValue> | Invalid;

/** The text of bytes that were judged valid, byte order mark included: what the text edits work on. */
export const decodeText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

const encoder = new TextEncoder();
/** Shorter ones would be pieces of a buffer that others use too. */
const SHORT = 16 * 1024;

/** The bytes of a text, in a buffer of their own. Of a long text a `Buffer` is made in a third of the time. */
export function encodeText(text: string): Uint8Array {
  if (text.length < SHORT) return encoder.encode(text);
  const { buffer, byteOffset, length } = Buffer.from(text);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Judges a document: the top level must be an object. */
export function readJson(bytes: Uint8Array, limits: JsonLimits = DOCUMENT_LIMITS): ReadJson {
  const read = readJsonValue(bytes, limits);
  if (read.kind === 'invalid') return read;
  const { value, text } = read;
  if (!isJsonObject(value)) return { kind: 'invalid', faults: [notAnObject(text, value)] };
  return { kind: 'valid', text, value, warnings: read.warnings.concat(underscored(text, value)) };
}

/**
 * Judges the text of a document that was put together from texts judged valid before, and its bytes: nothing in it can be
 * there twice, only its size and depth are new. Half the cost of `readJson`, which gives the same.
 */
export function readEdited(text: string, bytes: Uint8Array, limits: JsonLimits = DOCUMENT_LIMITS): ReadJson {
  // Escapes hide what has to be compared, and a byte order mark is told.
  if (bytes.length > limits.maxBytes || /[\\\uFEFF]|__proto__/.test(text)) return readJson(bytes, limits);
  const value = parse(text, false);
  if (value === undefined || !isJsonObject(value) || depthOf(value) > limits.maxDepth) return readJson(bytes, limits);
  return { kind: 'valid', text, value, warnings: underscored(text, value) };
}

function depthOf(value: JsonValue): number {
  let deepest = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[])
      if (typeof item === 'object') deepest = Math.max(deepest, depthOf(item));
    return deepest + 1;
  }
  if (!isJsonObject(value)) return 0;
  for (const key in value) {
    const child = value[key];
    if (typeof child === 'object') deepest = Math.max(deepest, depthOf(child));
  }
  return deepest + 1;
}

/** Judges JSON with any value at the top, such as a patch: otherwise the rules of a document. */
export function readJsonValue(bytes: Uint8Array, limits: JsonLimits = DOCUMENT_LIMITS): ReadJsonValue {
  if (bytes.length > limits.maxBytes) return { kind: 'invalid', faults: [tooLarge(bytes, limits)] };
  if (!isUtf8(bytes)) return refuse(bytes, limits);
  const decoded = decodeText(bytes);
  const marked = decoded.startsWith('\uFEFF');
  const text = marked ? decoded.slice(1) : decoded;
  const scan = scanText(bytes);
  const value = scan.depth > limits.maxDepth ? undefined : parse(text, scan.escapedKeys);
  if (value === undefined || !isFaithful(text, value, scan)) return refuse(bytes, limits);
  return { kind: 'valid', text, value, warnings: marked ? [BYTE_ORDER_MARK] : [] };
}

function parse(text: string, escapedKeys: boolean): JsonValue | undefined {
  try {
    return parseGrammatical(text, escapedKeys);
  } catch {
    return undefined;
  }
}

/** Whether the parsed value holds all that the text says, and nothing that a document must not hold. */
function isFaithful(text: string, value: JsonValue, scan: TextScan): boolean {
  if (countMembers(value) !== scan.members) return false;
  return scan.unicodeEscapes || text.includes('__proto__') ? isFit(value) : true;
}

function countMembers(value: JsonValue): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) if (typeof item === 'object') count += countMembers(item);
    return count;
  }
  if (!isJsonObject(value)) return count;
  for (const key in value) {
    count++;
    const child = value[key];
    if (typeof child === 'object') count += countMembers(child);
  }
  return count;
}

/** No lone surrogate, no `__proto__`. */
function isFit(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isFit);
  return Object.entries(value).every(([key, child]) => key !== '__proto__' && key.isWellFormed() && isFit(child));
}

function refuse(bytes: Uint8Array, limits: JsonLimits): Invalid {
  const undecoded = undecodable(bytes);
  if (undecoded !== null) return { kind: 'invalid', faults: [undecoded] };
  const text = decodeText(bytes).replace(/^\uFEFF/, '');
  if (!/[^ \t\r\n]/.test(text)) return { kind: 'invalid', faults: [ONLY_SPACE] };
  const faults = explain(text, limits.maxDepth);
  // Both readers agree (a property test); if they ever did not, one file must not cost more than itself.
  return { kind: 'invalid', faults: faults.length > 0 ? faults : [NOT_JSON] };
}

const tooLarge = (bytes: Uint8Array, { maxBytes }: JsonLimits): Fault => ({
  code: 'json_too_large',
  detail: `the document has ${bytes.length} bytes, at most ${maxBytes} are allowed`,
});

const ONLY_SPACE: Fault = { code: 'json_empty', detail: 'the file holds only white space', line: 1, column: 1 };

const NOT_JSON: Fault = { code: 'json_syntax', detail: 'the file is not JSON' };

const BYTE_ORDER_MARK: Fault = {
  code: 'json_bom',
  detail: 'the file begins with a byte order mark, which JSON does not have',
  line: 1,
  column: 1,
};

function notAnObject(text: string, value: JsonValue): Fault {
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  const detail = `the top level of a document is an object { … }, not ${what}`;
  return { code: 'json_top_level', detail, pointer: '', ...placeAt(text, skipSpace(text, 0)) };
}

/** Larder adds members that start with `_` to what it answers; a document's own may be mistaken for them. */
function underscored(text: string, value: JsonObject): Fault[] {
  if (!Object.keys(value).some((key) => key.startsWith('_'))) return [];
  const members = membersOf(rootSpan(text)).filter(({ key }) => key.startsWith('_'));
  return members.slice(0, MAX_WARNINGS).map(({ key, keyStart }) => ({
    code: 'json_underscore',
    detail: `the member ${JSON.stringify(key)} starts with _, as the ones do that Larder adds`,
    pointer: below('', key),
    ...placeAt(text, keyStart),
  }));
}

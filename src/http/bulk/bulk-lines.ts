/**
 * What a bulk asks for, line by line. The document of a line is cut out of its text, not parsed and printed again, so that
 * its numbers keep their spelling.
 */
import { LarderError } from '../../core/errors.ts';
import { explain } from '../../core/json/explain.ts';
import {
  itemsOf,
  kindOf,
  membersOf,
  rawOf,
  rootSpan,
  stringOf,
  type Member,
  type Span,
} from '../../core/json/spans.ts';
import type { Change, Preconditions, WriteRequest } from '../../core/requests.ts';
import { documentRef } from '../../core/url-paths.ts';
import { nearestName } from '../../util/nearest-name.ts';

/** `create`: the id is taken from the body or made anew, as POST does. */
export type BulkLine =
  | { readonly kind: 'write'; readonly request: WriteRequest }
  | { readonly kind: 'create'; readonly body: Uint8Array };

const KEYS = ['op', 'id', 'doc', 'if_match'];

/** One line of NDJSON: `{ op, id, doc, if_match }`. Throws `bad_json`, `bad_request`, `bad_name`, `not_found`. */
export function parseBulkLine(collection: string, line: Uint8Array): BulkLine {
  const members = membersByKey(parseText(line));
  for (const key of members.keys()) if (!KEYS.includes(key)) throw unknownKey(key);
  const op = textOf(members, 'op') ?? '';
  const id = textOf(members, 'id');
  const doc = members.get('doc');
  if (op === 'create' && id === null) return { kind: 'create', body: bytesOf(requireDoc(doc)) };
  if (id === null) throw new LarderError('bad_request', 'id is missing');
  const ref = documentRef(collection, id);
  return {
    kind: 'write',
    request: { ref, change: changeOf(op, doc), preconditions: preconditionsOf(textOf(members, 'if_match')) },
  };
}

function changeOf(op: string, doc: Span | undefined): Change {
  switch (op) {
    case 'create':
      return { op: 'put', body: bytesOf(requireDoc(doc)), mustBeNew: true };
    case 'put':
      return { op: 'put', body: bytesOf(requireDoc(doc)) };
    case 'patch':
      return { op: 'merge-patch', body: bytesOf(requireDoc(doc)) };
    case 'delete':
      if (doc !== undefined) throw new LarderError('bad_request', 'a delete takes no doc');
      return { op: 'delete' };
    default:
      throw new LarderError('bad_request', 'op must be create, put, patch or delete');
  }
}

function requireDoc(doc: Span | undefined): Span {
  if (doc === undefined) throw new LarderError('bad_request', 'doc is missing');
  return doc;
}

/** A digest, bare or as an ETag, or `*`. */
function preconditionsOf(ifMatch: string | null): Preconditions {
  if (ifMatch === null) return {};
  return { ifMatch: ifMatch === '*' ? '*' : [ifMatch.replace(/^"(.*)"$/, '$1')] };
}

/**
 * A JSON array of objects, each a put: `_id` names it, or the field of the schema's id rule; one that neither names is
 * created. Throws `bad_json`.
 */
export function parseBulkArray(collection: string, body: Uint8Array, idField: string | null): (() => BulkLine)[] {
  const root = parseText(body);
  if (kindOf(root) !== 'array') throw new LarderError('bad_json', 'the body must be an array of objects, or NDJSON');
  return itemsOf(root).map((item) => () => lineOfItem(collection, item, idField));
}

function lineOfItem(collection: string, item: Span, idField: string | null): BulkLine {
  const members = membersByKey(item);
  const ownId = textOf(members, '_id');
  const id = ownId ?? (idField === null ? null : textOf(members, idField));
  if (id === null) return { kind: 'create', body: bytesOf(item) };
  const body = ownId === null ? bytesOf(item) : Buffer.from(withoutId(item));
  return { kind: 'write', request: { ref: documentRef(collection, id), change: { op: 'put', body } } };
}

function withoutId(item: Span): string {
  const kept = membersOf(item).filter(({ key }) => key !== '_id');
  return `{${kept.map((member) => item.text.slice(member.keyStart, member.value.end)).join(',')}}`;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The whole text is judged by the engine's own parser, which is the fastest reader of JSON there is here. */
function parseText(bytes: Uint8Array): Span {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    throw new LarderError('bad_json', 'the text is not UTF-8');
  }
  try {
    JSON.parse(text);
  } catch {
    const errors = explain(text, Infinity);
    throw new LarderError('bad_json', errors[0]?.detail ?? 'the text is not JSON', { errors });
  }
  return rootSpan(text);
}

function membersByKey(span: Span): Map<string, Span> {
  if (kindOf(span) !== 'object') throw new LarderError('bad_json', 'a JSON object is expected');
  const members = new Map<string, Span>();
  for (const { key, value } of membersOf(span)) members.set(onlyOnce(members, key), value);
  return members;
}

function onlyOnce(members: ReadonlyMap<string, Span>, key: Member['key']): string {
  if (members.has(key)) throw new LarderError('bad_json', `the key ${JSON.stringify(key)} is there twice`);
  return key;
}

function textOf(members: ReadonlyMap<string, Span>, key: string): string | null {
  const value = members.get(key);
  if (value === undefined) return null;
  if (kindOf(value) !== 'string') throw new LarderError('bad_request', `${key} must be text`);
  return stringOf(value);
}

const bytesOf = (span: Span): Buffer => Buffer.from(rawOf(span));

function unknownKey(key: string): LarderError {
  const nearest = nearestName(key, KEYS);
  const hint = nearest === null ? `known are ${KEYS.join(', ')}` : `did you mean ${nearest}?`;
  return new LarderError(
    'bad_request',
    `${JSON.stringify(key.slice(0, 100))} is not known in a line of a bulk; ${hint}`,
  );
}

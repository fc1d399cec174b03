/**
 * What a bulk asks for, line by line. The document of a line is cut out of its text, not parsed and printed again, so that
 * its numbers keep their spelling.
 */
import { bytesOfSpan, cutMembers, cutText, textMember } from '../../core/json/cut.ts';
import { LarderError } from '../../core/errors.ts';
import { itemsOf, kindOf, membersOf, type Span } from '../../core/json/spans.ts';
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
  const members = cutMembers(cutText(line));
  for (const key of members.keys()) if (!KEYS.includes(key)) throw unknownKey(key);
  const op = textMember(members, 'op') ?? '';
  const id = textMember(members, 'id');
  const doc = members.get('doc');
  if (op === 'create' && id === null) return { kind: 'create', body: bytesOfSpan(requireDoc(doc)) };
  if (id === null) throw new LarderError('bad_request', 'id is missing');
  const ref = documentRef(collection, id);
  return {
    kind: 'write',
    request: { ref, change: changeOf(op, doc), preconditions: preconditionsOf(textMember(members, 'if_match')) },
  };
}

function changeOf(op: string, doc: Span | undefined): Change {
  switch (op) {
    case 'create':
      return { op: 'put', body: bytesOfSpan(requireDoc(doc)), mustBeNew: true };
    case 'put':
      return { op: 'put', body: bytesOfSpan(requireDoc(doc)) };
    case 'patch':
      return { op: 'merge-patch', body: bytesOfSpan(requireDoc(doc)) };
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
  const root = cutText(body);
  if (kindOf(root) !== 'array') throw new LarderError('bad_json', 'the body must be an array of objects, or NDJSON');
  return itemsOf(root).map((item) => () => lineOfItem(collection, item, idField));
}

function lineOfItem(collection: string, item: Span, idField: string | null): BulkLine {
  const members = cutMembers(item);
  const ownId = textMember(members, '_id');
  const id = ownId ?? (idField === null ? null : textMember(members, idField));
  if (id === null) return { kind: 'create', body: bytesOfSpan(item) };
  const body = ownId === null ? bytesOfSpan(item) : Buffer.from(withoutId(item));
  return { kind: 'write', request: { ref: documentRef(collection, id), change: { op: 'put', body } } };
}

function withoutId(item: Span): string {
  const kept = membersOf(item).filter(({ key }) => key !== '_id');
  return `{${kept.map((member) => item.text.slice(member.keyStart, member.value.end)).join(',')}}`;
}

function unknownKey(key: string): LarderError {
  const nearest = nearestName(key, KEYS);
  const hint = nearest === null ? `known are ${KEYS.join(', ')}` : `did you mean ${nearest}?`;
  return new LarderError(
    'bad_request',
    `${JSON.stringify(key.slice(0, 100))} is not known in a line of a bulk; ${hint}`,
  );
}

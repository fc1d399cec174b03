/** One request of a batch as the write that it asks for: what its own route would make of it. */
import type { BatchRequest } from '../../core/batch-requests.ts';
import { LarderError } from '../../core/errors.ts';
import type { Change } from '../../core/requests.ts';
import { FILES } from '../../core/refs.ts';
import { parseAddress, type Address } from '../../core/url-paths.ts';
import type { SetItem } from '../../larder-versions.ts';
import { nearestName } from '../../util/nearest-name.ts';
import { preconditionsOf } from '../request/entity-tags.ts';
import { bodyType, JSON_PATCH_TYPE, JSON_TYPE, PATCH_TYPES } from '../request/media-types.ts';
import { preferencesOf } from '../request/preferences.ts';

const HEADERS = ['if-match', 'if-none-match', 'content-type', 'prefer'];

/** Throws `bad_request`, `bad_path`, `bad_name`, `not_found`, `method_not_allowed`, `unsupported_media_type`. */
export function setItemOf({ method, path, headers, body }: BatchRequest): SetItem {
  refuseUnknown(headers);
  const address = addressOf(path);
  if (address.kind === 'collection') return creation(method, address.collection, headers, body);
  if (address.kind !== 'document') throw new LarderError('not_found', `${path} is no document and no collection`);
  const { merge } = preferencesOf({ prefer: headers['prefer'] }, ['merge']);
  const change = changeOf(method, headers, body);
  return { kind: 'write', request: { ref: address.ref, change, preconditions: preconditionsOf(headers), merge } };
}

/** The path as a URL spells it; letters beyond ASCII may stand as they are. */
function addressOf(path: string): Address {
  if (!path.startsWith('/v1/')) throw new LarderError('bad_path', 'a path of a batch starts with /v1/');
  if (/[?#]/.test(path)) throw new LarderError('bad_path', 'a path of a batch takes no parameters');
  const raw = Buffer.from(path.slice('/v1/'.length)).toString('latin1');
  const address = parseAddress(raw.split('/'));
  if (address.operation.length === 0) return address;
  throw new LarderError('not_found', `a batch writes documents: ${address.operation[0]} is asked for by itself`);
}

function creation(
  method: string,
  collection: string,
  headers: BatchRequest['headers'],
  body: Uint8Array | null,
): SetItem {
  if (method !== 'POST')
    throw new LarderError('method_not_allowed', `a collection of a batch takes POST, not ${shown(method)}`);
  if (collection.endsWith(`/${FILES}`)) throw new LarderError('not_found', `${collection} holds files, not documents`);
  bodyType(headers, [JSON_TYPE]);
  return { kind: 'create', collection, body: requireBody(body) };
}

function changeOf(method: string, headers: BatchRequest['headers'], body: Uint8Array | null): Change {
  switch (method) {
    case 'PUT':
      bodyType(headers, [JSON_TYPE]);
      return { op: 'put', body: requireBody(body) };
    case 'PATCH':
      return { op: patchOp(headers), body: requireBody(body) };
    case 'DELETE':
      if (body !== null) throw new LarderError('bad_request', 'DELETE takes no body');
      return { op: 'delete' };
    default:
      throw new LarderError(
        'method_not_allowed',
        `a document of a batch takes PUT, PATCH or DELETE, not ${shown(method)}`,
      );
  }
}

const patchOp = (headers: BatchRequest['headers']): 'json-patch' | 'merge-patch' =>
  bodyType(headers, PATCH_TYPES) === JSON_PATCH_TYPE ? 'json-patch' : 'merge-patch';

function requireBody(body: Uint8Array | null): Uint8Array {
  if (body === null) throw new LarderError('bad_request', 'body is missing');
  return body;
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

function refuseUnknown(headers: BatchRequest['headers']): void {
  const unknown = Object.keys(headers).find((name) => !HEADERS.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, HEADERS);
  const hint = nearest === null ? `taken are ${HEADERS.join(', ')}` : `did you mean ${nearest}?`;
  throw new LarderError('bad_request', `the header ${shown(unknown)} is not taken in a batch; ${hint}`);
}

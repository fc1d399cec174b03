/**
 * The body of `_batch`: `{ "requests": [{ method, path, headers, body }] }`, cut so that each body keeps its spelling. Pure, and
 * its answer a value that crosses threads, because a body of 64 MiB is not read on the event loop.
 */
import { LarderError, type ErrorCode } from './errors.ts';
import type { Fault } from './events.ts';
import { bytesOfSpan, cutMembers, cutText, textMember } from './json/cut.ts';
import { itemsOf, kindOf, membersOf, stringOf, type Span } from './json/spans.ts';
import { nearestName } from '../util/nearest-name.ts';

export interface BatchRequest {
  readonly method: string;
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null: none. */
  readonly body: Uint8Array | null;
}

export type BatchRead =
  | { readonly kind: 'requests'; readonly requests: readonly BatchRequest[] }
  /** `i`: index of the request that cannot be read; null for the whole. */
  | {
      readonly kind: 'refused';
      readonly i: number | null;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly errors: readonly Fault[];
    };

export function readBatch(bytes: Uint8Array): BatchRead {
  let i: number | null = null;
  try {
    const requests: BatchRequest[] = [];
    for (const item of itemsOf(requestsOf(cutText(bytes)))) {
      i = requests.length;
      requests.push(readRequest(item));
    }
    return { kind: 'requests', requests };
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    const place = { code: 'bad_member', detail: error.message, pointer: i === null ? '' : `/requests/${i}` };
    const errors = error.errors.length > 0 ? error.errors : [place];
    return { kind: 'refused', i, code: error.code, detail: error.message, errors };
  }
}

function requestsOf(root: Span): Span {
  const members = knownMembers(root, ['requests']);
  const requests = members.get('requests');
  if (requests !== undefined && kindOf(requests) === 'array') return requests;
  throw new LarderError('bad_request', 'requests must be an array of { method, path, headers, body }');
}

function readRequest(span: Span): BatchRequest {
  const members = knownMembers(span, ['method', 'path', 'headers', 'body']);
  const [method, path] = [textMember(members, 'method'), textMember(members, 'path')];
  if (method === null || path === null) throw new LarderError('bad_request', 'method and path are needed');
  const [headers, body] = [members.get('headers'), members.get('body')];
  return { method, path, headers: headers ? readHeaders(headers) : {}, body: body ? bytesOfSpan(body) : null };
}

function readHeaders(span: Span): Record<string, string> {
  if (kindOf(span) !== 'object') throw new LarderError('bad_request', 'headers must be an object of texts');
  const headers = new Map<string, string>();
  for (const { key, value } of membersOf(span)) {
    const name = key.toLowerCase();
    if (kindOf(value) !== 'string')
      throw new LarderError('bad_request', `the header ${JSON.stringify(key)} must be text`);
    if (headers.has(name)) throw new LarderError('bad_request', `the header ${name} is there twice`);
    headers.set(name, stringOf(value));
  }
  return Object.fromEntries(headers);
}

function knownMembers(span: Span, known: readonly string[]): Map<string, Span> {
  const members = cutMembers(span);
  for (const key of members.keys()) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const hint = nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
    throw new LarderError('bad_request', `${JSON.stringify(key.slice(0, 100))} is not known in a batch; ${hint}`);
  }
  return members;
}

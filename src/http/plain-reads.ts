/**
 * The path that must be fast: GET of the current version of a document, nothing else asked. It answers as the route does
 * (the scenario tests ask both ways), but goes past the router and past a web `Request` and `Response`, which cost as much
 * as the rest together.
 */
import { assert } from '../util/assert.ts';
import { isStreamId, type DocumentRef } from '../core/refs.ts';
import type { Served } from '../core/requests.ts';
import { FIXED_HEADERS } from './answer/answers.ts';
import { requireServed, versionHeaders } from './answer/served-documents.ts';
import type { Exchange } from './exchange.ts';
import { STREAMED_ABOVE_BYTES } from './http-config.ts';
import { answerType, JSON_TYPE } from './request/media-types.ts';
import { DOCUMENT_PATH } from './routes/reads.ts';
import { displayPath } from './route.ts';
import type { Serving } from './serving.ts';

/** The document, when that is all the request asks for. */
export function plainRead({ incoming, target }: Exchange): DocumentRef | null {
  const { address, query } = target;
  if (incoming.method !== 'GET' || address?.kind !== 'document' || query.size > 0) return null;
  if (address.operation.length > 0 || isStreamId(address.ref.id)) return null;
  return incoming.headers['if-none-match'] === undefined ? address.ref : null;
}

const ROUTE = displayPath(DOCUMENT_PATH);

/** False when the document is one to be streamed, and the route must answer. Throws what the route throws. */
export async function answerPlainRead(exchange: Exchange, ref: DocumentRef, { larder }: Serving): Promise<boolean> {
  const { incoming, outgoing } = exchange;
  exchange.route = ROUTE;
  answerType(incoming.headers.accept, [JSON_TYPE]);
  const found = await larder.read(ref);
  assert(found.kind !== 'open', 'only streams are read from their files');
  const served = requireServed(found, ref);
  if (served.bytes.length > STREAMED_ABOVE_BYTES) return false;
  outgoing.writeHead(200, ['Larder-Request-Id', exchange.requestId, ...headersOf(served)]);
  outgoing.end(served.bytes);
  return true;
}

/** A cached version is the same object at each read. */
const headersByVersion = new WeakMap<Served, readonly string[]>();

function headersOf(served: Served): readonly string[] {
  const known = headersByVersion.get(served);
  if (known !== undefined) return known;
  const headers = {
    ...FIXED_HEADERS,
    'Content-Type': JSON_TYPE,
    'Content-Length': String(served.bytes.length),
    ...versionHeaders(served),
  };
  const flat = Object.entries(headers).flat();
  headersByVersion.set(served, flat);
  return flat;
}

/**
 * The write that must be fast: PUT of a document, without a query. It does as the route does, but goes past the router and past a web
 * `Request` and `Response` (as plain-reads.ts does), which cost a tenth of the write.
 */
import { isStreamId, type DocumentRef } from '../core/refs.ts';
import { commonHeaders } from './answer/answers.ts';
import { writeIntent, writtenAnswer } from './answer/write-requests.ts';
import type { Exchange } from './exchange.ts';
import { bodyType, JSON_TYPE } from './request/media-types.ts';
import { readBody } from './request/request-body.ts';
import { displayPath } from './route.ts';
import { DOCUMENT_PATH } from './routes/reads.ts';
import type { Serving } from './serving.ts';

/** The document, when that is all the request asks for. */
export function plainWrite({ incoming, target }: Exchange): DocumentRef | null {
  const { address, query } = target;
  if (incoming.method !== 'PUT' || address?.kind !== 'document' || query.size > 0) return null;
  return address.operation.length > 0 || isStreamId(address.ref.id) ? null : address.ref;
}

const ROUTE = displayPath(DOCUMENT_PATH);

/** Throws what the route throws. */
export async function answerPlainWrite(exchange: Exchange, ref: DocumentRef, serving: Serving): Promise<void> {
  const { incoming, outgoing } = exchange;
  const { larder, config, clock } = serving;
  exchange.route = ROUTE;
  bodyType(incoming.headers, [JSON_TYPE]);
  const { who, preconditions, options, preferences } = writeIntent(exchange, ['merge']);
  const change = { op: 'put', body: await readBody(exchange, config.bodyLimitBytes, clock) } as const;
  const written = await larder.write({ ref, change, preconditions, merge: preferences.merge }, who, options);
  const { status, headers, body } = writtenAnswer(written, preferences, JSON_TYPE);
  const length = status === 204 ? {} : { 'Content-Length': String(body?.length ?? 0) };
  outgoing.writeHead(status, { ...commonHeaders(exchange), ...headers, ...length });
  outgoing.end(body);
}

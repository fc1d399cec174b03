/** A version of a document as HTTP shows it: the bytes of the file, everything else in headers. */
import type { ProblemMark } from '../../core/problems.ts';
import { isStreamId, pathOf, type DocumentRef } from '../../core/refs.ts';
import type { CurrentAnswer, Opened, Served } from '../../core/requests.ts';
import { answer, asBody, type Headers } from './answers.ts';
import { isKnown } from '../request/entity-tags.ts';
import type { Exchange } from '../exchange.ts';
import { STREAMED_ABOVE_BYTES } from '../http-config.ts';
import { JSON_TYPE, NDJSON_TYPE } from '../request/media-types.ts';
import { rangeOf } from '../request/ranges.ts';
import { notFound, notServable } from './refusals.ts';
import { answerFromSource } from './served-files.ts';
import { streamBytes } from './streamed-bytes.ts';

/** Throws `not_found`, `not_servable`, `other_device`, `range_not_satisfiable`. */
export function answerDocument(
  exchange: Exchange,
  ref: DocumentRef,
  found: CurrentAnswer,
  more: Headers = NO_HEADERS,
): Response {
  if (found.kind === 'open') return answerOpened(exchange, found, more);
  const served = requireServed(found, ref);
  const { headers } = exchange.incoming;
  if (isKnown(headers['if-none-match'], served.etag))
    return answer(exchange, 304, { ...versionHeaders(served), ...more }, null);
  return isStreamId(ref.id) ? answerStream(exchange, served, more) : answerWhole(exchange, served, JSON_TYPE, more);
}

const NO_HEADERS: Headers = {};

const answerOpened = (exchange: Exchange, opened: Opened, more: Headers): Response =>
  answerFromSource(exchange, opened, { 'Content-Type': NDJSON_TYPE, ...versionHeaders(opened), ...more });

function answerWhole(exchange: Exchange, served: Served, type: string, more: Headers): Response {
  const size = served.bytes.length;
  const headers = { 'Content-Type': type, 'Content-Length': String(size), ...versionHeaders(served), ...more };
  const body = size > STREAMED_ABOVE_BYTES ? streamBytes(exchange, served.bytes) : asBody(served.bytes);
  return answer(exchange, 200, headers, body);
}

/** Streams only grow at their end, so a client may ask for what it lacks. */
function answerStream(exchange: Exchange, served: Served, more: Headers): Response {
  const range = rangeOf(exchange.incoming.headers, served.bytes.length, served.etag);
  if (range === null) return answerWhole(exchange, served, NDJSON_TYPE, more);
  const bytes = served.bytes.subarray(range.start, range.end);
  const headers = {
    'Content-Type': NDJSON_TYPE,
    'Content-Length': String(bytes.length),
    'Content-Range': `bytes ${range.start}-${range.end - 1}/${served.bytes.length}`,
    ...versionHeaders(served),
    ...more,
  };
  return answer(exchange, 206, headers, asBody(bytes));
}

/** Throws `not_found`, `not_servable` or `other_device` when there is no version to serve. */
export function requireServed(found: Exclude<CurrentAnswer, Opened>, ref: DocumentRef): Served {
  if (found.kind === 'served') return found;
  if (found.kind === 'problem') throw notServable(pathOf(ref), found.problem);
  throw notFound(`${ref.collection}/${ref.id}`, found.hint);
}

/** What is said of every version, whether or not its bytes are sent. */
export function versionHeaders(served: Omit<Served, 'kind' | 'bytes'>): Record<string, string> {
  const headers: Record<string, string> = {
    ETag: `"${served.etag}"`,
    'Last-Modified': new Date(served.modifiedMs).toUTCString(),
    'Larder-Seq': String(served.seq),
  };
  if (served.mark !== null) headers['Larder-Problem'] = formatMark(served.mark);
  return headers;
}

const formatMark = ({ code, id, digest }: ProblemMark): string =>
  `${code}; id=${id}${digest === null ? '' : `; digest=${digest}`}`;

/** A file below `files/` as HTTP shows it: any bytes, in ranges, never held whole for a client, never run by a browser. */
import mime from 'mime';
import { pathOf, type DocumentRef } from '../../core/refs.ts';
import type { FileAnswer } from '../../larder-types.ts';
import { answer, asBody, type Headers } from './answers.ts';
import { isKnown } from '../request/entity-tags.ts';
import type { Exchange } from '../exchange.ts';
import { STREAMED_ABOVE_BYTES } from '../http-config.ts';
import { notFound, notServable } from './refusals.ts';
import { rangeOf, type ByteRange } from '../request/ranges.ts';
import { streamRange, type ByteSource } from './streamed-bytes.ts';

type OpenFile = Extract<FileAnswer, { kind: 'file' }>;

interface Sent extends ByteSource {
  readonly size: number;
  readonly etag: string;
}

/** Closes the file once it is sent, or at once when there is nothing to send. Throws `not_found`, `not_servable`, `range_not_satisfiable`. */
export function answerFile(exchange: Exchange, ref: DocumentRef, found: FileAnswer, more: Headers = {}): Response {
  if (found.kind === 'problem') throw notServable(pathOf(ref), found.problem);
  if (found.kind === 'missing') throw notFound(`${ref.collection}/${ref.id}`, found.hint);
  return answerFromSource(exchange, found, { ...fileHeaders(ref.id, found), ...more });
}

/** The same for whatever is read as it is sent. The source is this function's own: it is closed in any case. */
export function answerFromSource(exchange: Exchange, file: Sent, headers: Headers): Response {
  try {
    return answerOpen(exchange, file, headers);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What closes the source comes last, so that whoever catches a failure closes it for the first time. */
function answerOpen(exchange: Exchange, file: Sent, headers: Headers): Response {
  if (isKnown(exchange.incoming.headers['if-none-match'], file.etag))
    return closing(file, answer(exchange, 304, headers, null));
  const range = rangeOf(exchange.incoming.headers, file.size, file.etag);
  if (range === null) return answerBytes(exchange, 200, file, { start: 0, end: file.size }, headers);
  const contentRange = { 'Content-Range': `bytes ${range.start}-${range.end - 1}/${file.size}` };
  return answerBytes(exchange, 206, file, range, { ...headers, ...contentRange });
}

function answerBytes(
  exchange: Exchange,
  status: number,
  file: Sent,
  { start, end }: ByteRange,
  headers: Headers,
): Response {
  const all = { ...headers, 'Content-Length': String(end - start) };
  const isHead = exchange.incoming.method === 'HEAD';
  if (!isHead && end - start > STREAMED_ABOVE_BYTES)
    return answer(exchange, status, all, streamRange(exchange, file, start, end));
  const bytes = isHead || start === end ? null : asBody(file.read(start, end));
  return closing(file, answer(exchange, status, all, bytes));
}

function closing(file: Sent, response: Response): Response {
  file.close();
  return response;
}

/** Types that a browser shows without running anything in them. Whatever else is below `files/` is offered for download. */
const passive =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/.*|video\/.*|text\/(?:plain|csv|markdown)|application\/(?:json|pdf))$/;

function fileHeaders(path: string, file: OpenFile): Record<string, string> {
  const type = mime.getType(path) ?? 'application/octet-stream';
  const name = encodeURIComponent(path.slice(path.lastIndexOf('/') + 1)).replaceAll("'", '%27');
  return {
    'Content-Type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'Content-Disposition': `${passive.test(type) ? 'inline' : 'attachment'}; filename*=UTF-8''${name}`,
    // A page that somebody saved here must not act in the name of this origin.
    'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    'Accept-Ranges': 'bytes',
    ETag: `"${file.etag}"`,
    'Last-Modified': new Date(file.modifiedMs).toUTCString(),
    ...(file.seq !== null && { 'Larder-Seq': String(file.seq) }),
  };
}

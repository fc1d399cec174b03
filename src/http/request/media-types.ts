/** What bodies may be (`Content-Type`) and what answers may be (`Accept`). */
import type { IncomingHttpHeaders } from 'node:http';
import { LarderError } from '../../core/errors.ts';

export const JSON_TYPE = 'application/json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';
export const JSON_PATCH_TYPE = 'application/json-patch+json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const TEXT_TYPE = 'text/plain';
export const EVENT_STREAM_TYPE = 'text/event-stream';
/** A patch without a media type is a merge patch, and so is plain JSON. */
export const PATCH_TYPES = [MERGE_PATCH_TYPE, JSON_TYPE, JSON_PATCH_TYPE];

/**
 * The media type of a body, one of `known`. Without a header it is the first of them: people who use curl by hand forget it.
 * A form type is refused although curl sends it by default, because a web page may send a form to anybody without asking.
 * Throws `unsupported_media_type`, naming the header to add.
 */
export function bodyType(headers: IncomingHttpHeaders, known: readonly string[], acceptHeader = 'Accept-Post'): string {
  refuseEncoded(headers);
  const header = headers['content-type'];
  if (header === undefined) return known[0] ?? JSON_TYPE;
  const [type = '', ...parameters] = header
    .toLowerCase()
    .split(';')
    .map((piece) => piece.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (known.includes(type) && isUtf8) return type;
  const shown = JSON.stringify(header.slice(0, 100));
  throw new LarderError(
    'unsupported_media_type',
    `${shown} is not understood here; known are ${known.join(', ')}, in UTF-8`,
    {
      headers: { [acceptHeader]: known.join(', ') },
      members: { hint: `Add the header: Content-Type: ${known[0] ?? JSON_TYPE}` },
    },
  );
}

/** Compressed bodies are not unpacked: a few kilobytes can hold gigabytes. */
export function refuseEncoded(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new LarderError('unsupported_media_type', 'a body with Content-Encoding is not taken: send it uncompressed', {
    headers: { 'Accept-Encoding': 'identity' },
    members: { hint: 'Send the body without Content-Encoding.' },
  });
}

interface Wanted {
  readonly range: string;
  readonly quality: number;
}

/** The first of `offered` that the client likes best (RFC 9110, 12.5.1). Throws `not_acceptable`. */
export function answerType<const T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  if (accept === undefined || accept === '*/*' || accept === '' || accept === offered[0]) return offered[0];
  const wanted = accept.split(',').map(parseWanted);
  let best: { readonly type: T; readonly quality: number } | null = null;
  for (const type of offered) {
    const quality = qualityOf(type, wanted);
    if (quality > (best?.quality ?? 0)) best = { type, quality };
  }
  if (best !== null) return best.type;
  throw new LarderError('not_acceptable', `what Accept asks for cannot be had; offered: ${offered.join(', ')}`);
}

function parseWanted(text: string): Wanted {
  const [range = '', ...parameters] = text
    .toLowerCase()
    .split(';')
    .map((piece) => piece.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
}

/** Of the most specific range that fits. */
function qualityOf(type: string, wanted: readonly Wanted[]): number {
  for (const range of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const match = wanted.find((candidate) => candidate.range === range);
    if (match !== undefined) return match.quality;
  }
  return 0;
}

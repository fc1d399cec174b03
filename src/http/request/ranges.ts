/** Byte ranges (RFC 9110, 14): one range a request; a list of ranges answers the whole, as the RFC allows. */
import type { IncomingHttpHeaders } from 'node:http';
import { LarderError } from '../../core/errors.ts';

/** `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Null: the whole. Throws `range_not_satisfiable`. */
export function rangeOf(headers: IncomingHttpHeaders, size: number, etag: string): ByteRange | null {
  const header = headers.range;
  const ifRange = headers['if-range'];
  if (header === undefined || (ifRange !== undefined && ifRange !== `"${etag}"`)) return null;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  const isRange = first !== '' || last !== '';
  if (!isRange || (first !== '' && last !== '' && Number(last) < Number(first))) return null;
  const range = first === '' ? lastBytes(Number(last), size) : fromTo(Number(first), last, size);
  if (range !== null) return range;
  throw new LarderError('range_not_satisfiable', `there are ${size} bytes`, {
    headers: { 'Content-Range': `bytes */${size}` },
  });
}

const lastBytes = (count: number, size: number): ByteRange | null =>
  count === 0 || size === 0 ? null : { start: Math.max(0, size - count), end: size };

function fromTo(start: number, last: string, size: number): ByteRange | null {
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : null;
}

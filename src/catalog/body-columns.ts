/** The columns that say which bytes a version has, and where they are. */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace } from '../core/events.ts';
import type { RawRow } from './sql.ts';
import type { SizedVersion } from './answers.ts';

export const digestFrom = (blob: Buffer | null): Digest | null =>
  blob === null ? null : (blob.toString('hex') as Digest);

export const digestToBlob = (digest: Digest | null): Buffer | null =>
  digest === null ? null : Buffer.from(digest, 'hex');

/** encoding, segment, position, length, base, part */
export type PlaceColumns = [number, number | null, number | null, number | null, number | null, Buffer | null];

const RAW = 2;
const TAIL = 2;

export function placeFrom([encoding, segment, offset, length, base, part]: PlaceColumns): BodyPlace {
  if (encoding === 0) return { in: 'nowhere' };
  if (encoding === 1) return { in: 'blob' };
  const stored = { segment: segment ?? 0, offset: offset ?? 0, length: length ?? 0 };
  if (base === null) return { in: 'log', ...stored, encoding: encoding === RAW ? 'raw' : 'zstd' };
  const digest = digestFrom(part) ?? ('' as Digest);
  return { in: 'tail', ...stored, encoding: encoding === RAW + TAIL ? 'raw' : 'zstd', base, part: digest };
}

export function encodingOf(place: BodyPlace): number {
  if (place.in === 'nowhere' || place.in === 'blob') return place.in === 'blob' ? 1 : 0;
  return (place.encoding === 'raw' ? RAW : RAW + 1) + (place.in === 'tail' ? TAIL : 0);
}

export function placeToColumns(place: BodyPlace): PlaceColumns {
  const encoding = encodingOf(place);
  if (!('segment' in place)) return [encoding, null, null, null, null, null];
  const { segment, offset, length } = place;
  if (place.in === 'log') return [encoding, segment, offset, length, null, null];
  return [encoding, segment, offset, length, place.base, digestToBlob(place.part)];
}

/** Of events: where the bytes of a version are. */
export const KEPT_COLUMNS = 'digest, size, encoding, segment, position, length, base, part';

export function decodeKept(row: RawRow): SizedVersion | null {
  const [digest, size, ...place] = row as [Buffer | null, number, ...PlaceColumns];
  const found = digestFrom(digest);
  return found === null ? null : { digest: found, size, body: placeFrom(place) };
}

/**
 * The bytes of a version, wherever they lie. A stream that grew is kept as what was appended: its version names the one that it
 * was appended to (`base`), which may be such a version itself, down to one that is kept whole.
 */
import { digestOf, type Digest } from './digest.ts';
import { LarderError } from './errors.ts';
import type { BodyPlace, Seq, StoredPlace } from './events.ts';

export interface KeptVersion {
  readonly digest: Digest;
  readonly body: BodyPlace;
}

/** What knows versions and reads what is stored. Both reads check the digest. */
export interface BodySource {
  version(seq: Seq): KeptVersion | undefined;
  stored(place: StoredPlace, digest: Digest): Uint8Array;
  blob(digest: Digest): Uint8Array | null;
}

/** Null when they are not kept. Throws LarderError `version_damaged` where they are not those of the digest. */
export function keptBytesIn(source: BodySource, { body, digest }: KeptVersion): Uint8Array | null {
  const tails: Uint8Array[] = [];
  let [at, before]: [KeptVersion, Seq] = [{ body, digest }, Infinity];
  while (at.body.in === 'tail') {
    const { base, part } = at.body;
    const grownFrom = base < before ? source.version(base) : undefined;
    if (!grownFrom) return null;
    tails.push(source.stored(at.body, part));
    [at, before] = [grownFrom, base];
  }
  const whole = wholeBytesIn(source, at);
  if (whole === null || tails.length === 0) return whole;
  const bytes = Buffer.concat([whole, ...tails.toReversed()]);
  if (digestOf(bytes) === digest) return bytes;
  throw new LarderError('version_damaged', `version ${digest} is not what its beginning and what was appended make`);
}

function wholeBytesIn(source: BodySource, { body, digest }: KeptVersion): Uint8Array | null {
  if (body.in === 'log') return source.stored(body, digest);
  return body.in === 'blob' ? source.blob(digest) : null;
}

/** A read fetches the whole version and each link: one costs about as much as so many bytes. */
const LINK_BYTES = 4096;
/** Up to so many bytes of links may hang on a whole version, however short it is: 64 of them. */
const LEAST_ROOM_BYTES = 64 * LINK_BYTES;

/** What hangs on a version that is kept whole. */
export interface Chain {
  readonly wholeBytes: number;
  /** Of the links: their bytes, or what it costs to fetch them. */
  readonly weight: number;
}

export const withLink = ({ wholeBytes, weight }: Chain, bytes: number): Chain => ({
  wholeBytes,
  weight: weight + Math.max(bytes, LINK_BYTES),
});

/** Reading a version never costs more than twice what reading one costs that is kept whole. */
export const isShort = ({ wholeBytes, weight }: Chain): boolean => weight <= Math.max(wholeBytes, LEAST_ROOM_BYTES);

/** A stream that grew is checked by a digest that goes on from version to version, so that every byte is read once. */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, Seq } from '../core/events.ts';
import { digestOnwards, type DigestState } from '../core/growing-digest.ts';
import { keptBytesIn, type BodySource } from '../core/grown-bytes.ts';

/** Where the digest stands behind a version. */
export interface Position {
  readonly seq: Seq;
  readonly size: number;
  readonly state: DigestState;
}

interface GrownVersion {
  readonly seq: Seq;
  readonly digest: Digest;
  readonly size: number;
  readonly body: Extract<BodyPlace, { in: 'tail' }>;
}

/**
 * The position behind a version, from the one behind its base where that is known (`last`), or what is wrong with the version.
 * Throws for bytes that cannot be read.
 */
export function positionAfter(
  source: BodySource,
  { seq, digest, size, body }: GrownVersion,
  last: Position | null,
): Position | string {
  const base = last?.seq === body.base ? last : positionAt(source, body.base);
  if (!base) return `it is kept as what was appended to version ${body.base}, and that is kept nowhere`;
  const appended = source.stored(body, body.part);
  const now = digestOnwards(base.state, [appended]);
  if (base.size + appended.length === size && now.digest === digest) return { seq, size, state: now.state };
  return `it is not what version ${body.base} and what was appended to it make`;
}

function positionAt(source: BodySource, seq: Seq): Position | null {
  const version = source.version(seq);
  const bytes = version ? keptBytesIn(source, version) : null;
  return bytes && { seq, size: bytes.length, state: digestOnwards(null, [bytes]).state };
}

/** `Prefer: merge`: a write made for an earlier version is merged with what happened since (core/json/three-way-merge.ts). */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { quotable } from '../core/json/quotable.ts';
import { decodeText } from '../core/json/read-json.ts';
import { threeWayMerge, type Merge } from '../core/json/three-way-merge.ts';
import type { WriteRequest } from '../core/requests.ts';
import { versionNamed } from './known-versions.ts';
import { newBytes } from '../core/new-bytes.ts';
import { names } from './preconditions.ts';
import { describeStale } from './stale.ts';
import type { World } from './world.ts';

/** Whether a write is to be merged: it asks for it, and was made for another version than the one on disk. Throws `bad_request`. */
export function isMerge({ merge, preconditions, change }: WriteRequest, disk: Digest | null): boolean {
  if (merge !== true) return false;
  if (preconditions?.ifMatch === undefined || preconditions.ifMatch === '*')
    throw new LarderError('bad_request', 'Prefer: merge needs If-Match with the ETag of the version that was edited');
  if (change.op === 'delete') throw new LarderError('bad_request', 'a deletion cannot be merged');
  return !names(preconditions.ifMatch, disk);
}

/**
 * The bytes to be written over `now`. Throws `merge_conflict` with both sides, and `precondition_failed` when the base is not
 * in the history.
 */
export function mergedBytes(world: World, request: WriteRequest, path: string, now: Uint8Array | null): Uint8Array {
  const tags = request.preconditions?.ifMatch;
  const base = tags === undefined || tags === '*' ? null : versionNamed(world, path, tags);
  if (base === null) throw refusal(world, request, path, now, NO_BASE);
  const yours = newBytes(request.change, base.bytes) ?? base.bytes;
  const merge = now === null ? deletedMeanwhile(base.bytes, yours) : threeWayMerge(...texts(base.bytes, yours, now));
  if (merge.kind === 'merged') return Buffer.from(merge.text);
  const members = { conflicts: tellConflicts(merge) };
  throw refusal(world, request, path, now, { code: 'merge_conflict', detail: sayConflict(merge), members });
}

interface Refusal {
  readonly code: 'merge_conflict' | 'precondition_failed';
  readonly detail: string;
  readonly members: Readonly<Record<string, unknown>>;
}

const NO_BASE: Refusal = {
  code: 'precondition_failed',
  detail: 'If-Match names no version in the history of this document',
  members: { hint: 'A merge needs the version that you edited: read the document again, and apply the change to it.' },
};

function refusal(
  world: World,
  { preconditions = {} }: WriteRequest,
  path: string,
  now: Uint8Array | null,
  { code, detail, members }: Refusal,
): LarderError {
  const etag = world.catalog.head(path)?.servedDigest ?? null;
  return new LarderError(code, detail, {
    members: { etag, ...describeStale(world, path, preconditions, now), ...members },
    headers: etag === null ? {} : { ETag: `"${etag}"` },
  });
}

const texts = (base: Uint8Array, yours: Uint8Array, theirs: Uint8Array): [string, string, string] => [
  decodeText(base),
  decodeText(yours),
  decodeText(theirs),
];

type Conflict = Extract<Merge, { kind: 'conflict' }>;

const deletedMeanwhile = (base: Uint8Array, yours: Uint8Array): Conflict => ({
  kind: 'conflict',
  conflicts: [{ pointer: '', base: decodeText(base), yours: decodeText(yours), theirs: null }],
});

const sayConflict = ({ conflicts: [first, ...more] }: Conflict): string =>
  first?.pointer === ''
    ? 'the document was deleted since'
    : `${first?.pointer}${more.length > 0 ? ` and ${more.length} more` : ''} was changed by both sides`;

const MOST_TOLD = 100;
const LONGEST_TOLD = 64 * 1024;

/** A side that has no value there is left out; so are values when they grow too long to be told. */
function tellConflicts({ conflicts }: Conflict): Record<string, unknown>[] {
  let room = LONGEST_TOLD;
  return conflicts.slice(0, MOST_TOLD).map(({ pointer, ...sides }) => {
    const told = Object.entries(sides).filter(([, text]) => text !== null) as [string, string][];
    room -= told.reduce((sum, [, text]) => sum + text.length, 0);
    return room < 0
      ? { pointer, too_long: true }
      : { pointer, ...Object.fromEntries(told.map(([side, text]) => [side, quotable(text)])) };
  });
}

/** `Prefer: merge`: a write made for an earlier version is merged with what happened since (core/merged-document.ts). */
import type { Digest } from '../core/digest.ts';
import type { EditedDocument, Writing } from '../core/edited-document.ts';
import { LarderError } from '../core/errors.ts';
import { quotable } from '../core/json/quotable.ts';
import type { MergeConflicts, ToldConflict } from '../core/merged-document.ts';
import type { WriteRequest } from '../core/requests.ts';
import { mergedWith } from './edit.ts';
import { versionNamed } from './known-versions.ts';
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
 * What is to be written over `now`. Throws `merge_conflict` with both sides, `precondition_failed` when the base is not in the
 * history, `gone` or `version_damaged` when it is, but without its bytes, and what refuses any write.
 */
export async function mergedDocument(
  world: World,
  request: WriteRequest & { readonly change: Writing },
  path: string,
  now: Uint8Array | null,
): Promise<EditedDocument> {
  const tags = request.preconditions?.ifMatch;
  // Reading and proving 16 MiB takes a turn of its own.
  await world.clock.yieldTurn();
  const base = tags === undefined || tags === '*' ? null : versionNamed(world, path, tags);
  if (!base?.bytes) throw refusal(world, request, path, now, NO_BASE);
  if (base.bytes instanceof LarderError) throw refusal(world, request, path, now, withoutBase(base.bytes));
  const merged = await mergedWith(world, path, request.change, base.bytes, now);
  if (!('kind' in merged)) return merged;
  const members = { conflicts: merged.told.map(tellConflict) };
  throw refusal(world, request, path, now, { code: 'merge_conflict', detail: sayConflicts(merged), members });
}

interface Refusal {
  readonly code: LarderError['code'];
  readonly detail: string;
  readonly members: Readonly<Record<string, unknown>>;
}

const NO_BASE: Refusal = {
  code: 'precondition_failed',
  detail: 'If-Match names no version in the history of this document',
  members: { hint: 'A merge needs the version that you edited: read the document again, and apply the change to it.' },
};

const withoutBase = ({ code, message }: LarderError): Refusal => ({
  code,
  detail: `there is nothing to merge with: ${message}`,
  members: NO_BASE.members,
});

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

const sayConflicts = ({ count, told: [first] }: MergeConflicts): string =>
  first?.pointer === ''
    ? 'the document was deleted since'
    : `${first?.pointer}${count > 1 ? ` and ${count - 1} more` : ''} was changed by both sides`;

const tellConflict = ({ pointer, sides }: ToldConflict): Record<string, unknown> =>
  sides === null
    ? { pointer, too_long: true }
    : {
        pointer,
        ...Object.fromEntries(Object.entries(sides).map(([side, text]) => [side, quotable(text)])),
      };

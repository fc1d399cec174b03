/** What a client with a stale version wants to know: who changed the document since, and what. */
import type { StoredEvent } from '../catalog/answers.ts';
import { LarderError } from '../core/errors.ts';
import { diffPatch } from '../core/json/diff-patch.ts';
import { quotable } from '../core/json/quotable.ts';
import { readJson } from '../core/json/read-json.ts';
import type { Preconditions } from '../core/requests.ts';
import { versionNamed } from './known-versions.ts';
import type { World } from './world.ts';

/** Beyond these a diff is not worth its time in the queue of a path, or its place in an answer: `_diff` gives any. */
const LARGEST_COMPARED_BYTES = 256 * 1024;
const LONGEST_DIFF = 64 * 1024;

/**
 * Members of a 412: the newest change, and where the client's version is known its seq and a JSON Patch from it to what is on
 * disk now, or (`base_gone`) why there can be none.
 */
export function describeStale(
  world: World,
  path: string,
  { ifMatch }: Preconditions,
  now: Uint8Array | null,
): Readonly<Record<string, unknown>> {
  const [last] = world.catalog.history(path, { before: null, limit: 1 });
  const base =
    ifMatch === undefined || ifMatch === '*' ? null : versionNamed(world, path, ifMatch, LARGEST_COMPARED_BYTES);
  return { ...(last && changeOf(last)), ...(base && { base_seq: base.seq, ...since(base.bytes, now) }) };
}

const changeOf = ({ seq, atMs, op, actor, cause, changeSet, session }: StoredEvent): Record<string, unknown> => ({
  seq,
  at: new Date(atMs).toISOString(),
  op,
  actor,
  cause,
  change_set: changeSet,
  ...(session !== null && { session }),
});

const since = (base: Uint8Array | LarderError | null, now: Uint8Array | null): Readonly<Record<string, unknown>> =>
  base instanceof LarderError ? { base_gone: base.code } : diffOf(base, now);

function diffOf(base: Uint8Array | null, now: Uint8Array | null): { readonly diff?: unknown } {
  if (base === null || now === null || base.length + now.length > LARGEST_COMPARED_BYTES) return {};
  const [a, b] = [readJson(base), readJson(now)];
  if (a.kind !== 'valid' || b.kind !== 'valid') return {};
  const patch = diffPatch(a.text, b.text);
  return patch.length > LONGEST_DIFF ? {} : { diff: quotable(patch) };
}

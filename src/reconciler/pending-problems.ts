/** Problems that exist only in memory: what is pending, or absent and waiting for its second look. */
import { meaningOfProblem, problemIdOf } from '../core/problem-hints.ts';
import type { Problem } from '../core/problems.ts';
import { classify, collectionOf } from '../core/refs.ts';
import type { Pending } from './pendings.ts';
import type { World } from './world.ts';

export function pendingProblem(world: World, path: string): Problem | undefined {
  const pending = world.pendings.get(path);
  return pending && toProblem(world, path, pending);
}

/** Pending and unrecorded files, and nothing that the catalog lists already. */
export function pendingProblems(world: World, collection: string | null): Problem[] {
  return [...world.pendings.entries()]
    .filter(([, { code, collection: of }]) => LISTED.has(code) && (collection === null || of === collection))
    .map(([path, pending]) => toProblem(world, path, pending));
}

const LISTED: ReadonlySet<Pending['code']> = new Set(['pending', 'unrecorded']);

/** A held document is marked with the one problem of its collection: that is what is confirmed or dismissed. */
export const problemIdOfPending = (path: string, { code, collection }: Pending): string =>
  problemIdOf(code === 'held' ? collection : path, code);

function toProblem(world: World, path: string, pending: Pending): Problem {
  const meaning = classify(path);
  const collection = collectionOf(meaning);
  return {
    id: problemIdOfPending(path, pending),
    code: pending.code,
    path,
    ...(collection !== '' && { collection }),
    ...('id' in meaning && { document: meaning.id }),
    since: new Date(pending.sinceWallMs).toISOString(),
    state: meaningOfProblem(pending.code).state,
    errors: pending.faults,
    hint: meaningOfProblem(pending.code).hint,
    digest: pending.digest,
    serving: world.catalog.head(path)?.servedDigest ?? null,
  };
}

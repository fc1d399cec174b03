/** What a conflict is between, from the history of the original: both sides, and the base where it is known. */
import { baseOf } from '../core/conflict-copies.ts';
import type { ConflictSides, Problem, Side } from '../core/problems.ts';
import type { StoredEvent } from '../catalog/types.ts';
import { recordedCopy } from './conflicts.ts';
import type { World } from './world.ts';

const VERSIONS_COMPARED = 1000;

/** The problem with its sides, where it is a conflict. Its digest is then the original's, as in every other problem. */
export function withSides(world: World, problem: Problem): Problem {
  if (problem.code !== 'conflict') return problem;
  const digest = world.catalog.head(problem.path)?.diskDigest ?? null;
  return { ...problem, digest, conflict: sidesOf(world, problem) };
}

function sidesOf(world: World, { path: stem, errors }: Problem): ConflictSides {
  const head = world.catalog.head(stem);
  const versions = world.catalog
    .history(stem, { before: null, limit: VERSIONS_COMPARED })
    .filter(({ kind }) => kind === 'valid');
  const copies = errors.flatMap(({ path, code }) => {
    const event = path === undefined ? undefined : recordedCopy(world, path, stem);
    const side = event && sideOf(event);
    if (path === undefined || event === undefined || !side) return [];
    const base = baseOf(versions.map(dated), dated(event));
    return [{ ...side, path, tool: code.replace(/^conflict_/, ''), base: base ? sideOf(base.event) : null }];
  });
  const original = head?.servedDigest ? { seq: head.servedSeq, digest: head.servedDigest } : null;
  return { original, copies };
}

const dated = (event: StoredEvent) => ({ event, digest: event.digest, modifiedMs: event.modifiedMs ?? event.atMs });

const sideOf = ({ seq, digest }: StoredEvent): Side | null => (digest === null ? null : { seq, digest });

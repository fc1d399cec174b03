/**
 * What of a problem is told as it is now, beside what was recorded when it began: how many documents are held, and what a
 * conflict is between.
 */
import { baseOf } from '../core/conflict-copies.ts';
import type { ConflictSides, Problem, Side } from '../core/problems.ts';
import type { StoredEvent } from '../catalog/answers.ts';
import { recordedCopy } from './conflicts.ts';
import { withOutage } from './out-of-reach.ts';
import type { World } from './world.ts';

const VERSIONS_COMPARED = 1000;

export function withDetails(world: World, problem: Problem): Problem {
  if (problem.code === 'held') return withHeld(world, problem);
  if (problem.code !== 'conflict') return problem;
  // As in every other problem the digest is that of the document's file.
  const digest = world.catalog.head(problem.path)?.diskDigest ?? null;
  return { ...problem, digest, conflict: sidesOf(world, problem) };
}

/** Absences, a place out of reach, or both: one problem. */
function withHeld(world: World, problem: Problem): Problem {
  const told = withOutage(world, problem);
  if (!world.absences.held.has(problem.path)) return told;
  const held = { code: 'held', detail: sayHeld(world, problem.path) };
  return { ...told, errors: told === problem ? [held] : [...told.errors, held] };
}

const NAMED = 3;

function sayHeld(world: World, collection: string): string {
  const paths = world.pendings.heldIn(collection);
  const named = paths.slice(0, NAMED).join(', ');
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
  const files = paths.length === 1 ? 'file' : 'files';
  return `${paths.length} ${files} of ${collection} disappeared, too many at once to be believed: ${named}${more}`;
}

/** From the history of the original: both sides, and the base where it is known. */
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

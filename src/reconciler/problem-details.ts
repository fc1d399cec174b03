/**
 * What of a problem is told as it is now, beside what was recorded when it began: how many documents are held, and what a
 * conflict is between.
 */
import { baseOf } from '../core/conflict-base.ts';
import type { ConflictSides, Problem, Side } from '../core/problems.ts';
import { classify } from '../core/refs.ts';
import type { StoredEvent } from '../catalog/answers.ts';
import { keptBytesOf } from './bodies.ts';
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
  const original = head?.servedDigest ? { seq: head.servedSeq, digest: head.servedDigest } : null;
  const copies = errors.flatMap(({ path, code }) => {
    const event = path === undefined ? undefined : recordedCopy(world, path, stem);
    const side = event && sideOf(event);
    if (path === undefined || event === undefined || !side) return [];
    const known = `${path} ${event.seq} ${original?.seq}`;
    const base = world.conflicts.baseOnce(stem, known, () => findBase(world, stem, event, original));
    return [{ ...side, path, tool: code.replace(/^conflict_/, ''), base }];
  });
  return { original, copies };
}

function findBase(world: World, stem: string, copy: StoredEvent, original: Side | null): Side | null {
  const versions = world.catalog
    .history(stem, { before: null, limit: VERSIONS_COMPARED })
    .filter(({ kind, digest }) => kind === 'valid' && digest !== null)
    .map(dated);
  const base = baseOf({
    versions,
    original: versions.find(({ digest }) => digest === original?.digest),
    copy: dated(copy),
    textOf: ({ event }) => textOf(world, event),
  });
  return base ? sideOf(base.event) : null;
}

const dated = (event: StoredEvent) => ({
  event,
  digest: event.digest,
  size: event.size,
  modifiedMs: event.modifiedMs ?? event.atMs,
});

/** Of what is a document: streams are not merged, and a copy may be broken. */
function textOf(world: World, { path, digest, body }: StoredEvent): string | null {
  const bytes = digest === null || classify(path).kind !== 'document' ? null : keptBytesOf(world, { body, digest });
  if (bytes === null) return null;
  const text = new TextDecoder().decode(bytes);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

const sideOf = ({ seq, digest }: StoredEvent): Side | null => (digest === null ? null : { seq, digest });

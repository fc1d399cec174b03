/** A person decides a conflict: one side, both merged, or two documents. The copy goes into the history, never away. */
import { conflictCopyOf } from '../core/conflict-copies.ts';
import { LarderError } from '../core/errors.ts';
import type { ConflictSides, Problem, Side } from '../core/problems.ts';
import { classify } from '../core/refs.ts';
import { worked } from '../files/heavy.ts';
import { look } from '../files/look.ts';
import { place } from '../files/swap.ts';
import { bytesOf } from '../reconciler/bodies.ts';
import { originFor } from '../reconciler/commit.ts';
import { endCopy } from '../reconciler/conflicts.ts';
import { withDetails } from '../reconciler/problem-details.ts';
import { LARGEST_DOCUMENT_BYTES } from '../reconciler/observe.ts';
import { absolute } from '../reconciler/places.ts';
import { settle, settleHeld } from '../reconciler/settle.ts';
import { write } from '../reconciler/write.ts';
import type { World } from '../reconciler/world.ts';
import { refOf, type Deciding, type Outcome } from './deciding.ts';

type Copy = ConflictSides['copies'][number];

export async function resolveConflict(deciding: Deciding): Promise<Outcome> {
  const { choice } = deciding;
  if (choice.take === undefined)
    throw new LarderError('bad_request', 'say which side shall be the document: take is copy, original or merge');
  const { copy, sides } = await chosen(deciding);
  const body = await bodyFor(deciding, copy, sides.original);
  const changeSet = body === null ? null : await writeSide(deciding, body, sides.original);
  if (!deciding.options.dryRun) await removeCopy(deciding, copy, changeSet);
  return { changed: changeSet === null ? 0 : 1, left: 0, changeSets: changeSet === null ? [] : [changeSet] };
}

/** The copy, looked at once more: what was saved into it a moment ago belongs to its side. */
async function chosen({ world, problem, choice }: Deciding): Promise<{ copy: Copy; sides: ConflictSides }> {
  await settle(
    world,
    problem.errors.flatMap(({ path }) => path ?? []),
  );
  const current = world.catalog.problem(problem.id);
  const sides = current && withDetails(world, current).conflict;
  const copies = sides?.copies.filter(({ path }) => choice.copy === undefined || path === choice.copy) ?? [];
  const [copy] = copies;
  if (sides === undefined || copy === undefined)
    throw new LarderError('not_found', `there is no copy ${choice.copy ?? ''} of ${problem.path} any more`);
  if (copies.length === 1) return { copy, sides };
  throw new LarderError('conflict', `there are ${copies.length} copies: say which one with copy`, {
    members: { copies: copies.map(({ path }) => path) },
  });
}

/** Null: the original stays as it is. */
async function bodyFor(
  { world, problem, choice }: Deciding,
  copy: Copy,
  original: Side | null,
): Promise<Uint8Array | null> {
  if (choice.take === 'copy') return bytesAt(world, copy);
  return choice.take === 'merge' ? merged(world, problem, copy, original) : null;
}

function bytesAt(world: World, { seq, digest }: Side): Uint8Array {
  const event = world.catalog.event(seq);
  if (!event) throw new LarderError('gone', `the bytes of seq ${seq} are not kept any more`);
  return bytesOf(world, event.body, digest);
}

async function merged(world: World, problem: Problem, copy: Copy, original: Side | null): Promise<Uint8Array> {
  if (copy.base === null || original === null || classify(problem.path).kind !== 'document')
    throw new LarderError(
      'conflict',
      `the history of ${problem.path} has no version that both sides grew from: take one of them`,
      {
        members: { conflict: withDetails(world, problem).conflict },
      },
    );
  const seqs = [copy.base.seq, copy.seq, original.seq] as const;
  const sides = [await sideAt(world, copy.base), await sideAt(world, copy), await sideAt(world, original)] as const;
  const bytes = sides.reduce((sum, { length }) => sum + length, 0);
  const merge = await worked(world.bulk, bytes, 'mergedSides', sides);
  if (merge.kind === 'merged') return merge.bytes;
  if (merge.kind === 'not-json')
    throw new LarderError('conflict', `seq ${seqs[merge.side]} is no JSON document: nothing can be merged with it`);
  const errors = merge.conflicts.map(({ pointer }) => ({
    code: 'merge_conflict',
    pointer,
    detail: 'both sides changed it, each in its own way',
  }));
  throw new LarderError('conflict', 'both sides changed the same values: take one side, or edit the file', {
    errors,
    members: { conflicts: merge.conflicts },
  });
}

/** Reading and proving one of 16 MiB takes a turn of its own. */
async function sideAt(world: World, side: Side): Promise<Uint8Array> {
  await world.clock.yieldTurn();
  return bytesAt(world, side);
}

async function writeSide(
  { world, problem, who, options }: Deciding,
  body: Uint8Array,
  original: Side | null,
): Promise<string> {
  const preconditions = original === null ? { ifNoneMatch: '*' as const } : { ifMatch: [original.digest] };
  const change = { op: 'exact', body } as const;
  const written = await write(world, { ref: refOf(problem.path), change, preconditions }, who, options);
  return written.changeSet;
}

/** Out of the tree, where it is watched for two seconds more. The copy must still be what was decided about. */
async function removeCopy({ world, problem, who }: Deciding, copy: Copy, changeSet: string | null): Promise<void> {
  const origin = { ...originFor(world, who), ...(changeSet !== null && { changeSet }) };
  await world.queues.runAll([copy.path, problem.path], async () => {
    const seen = look(world, copy.path, { maxBytes: LARGEST_DOCUMENT_BYTES });
    if (seen.kind === 'file' || seen.kind === 'large') {
      const target = absolute(world, copy.path);
      const placed = place(world, { target, temp: { removes: copy.digest }, expected: seen.key });
      if (placed.kind === 'occupied')
        throw new LarderError('conflict', `${copy.path} was changed meanwhile: decide again`);
      if (placed.displaced) world.displaced.add(placed.displaced.file, problem.path, copy.seq, placed.displaced.known);
    }
    const name = conflictCopyOf(copy.path);
    if (name) await endCopy(world, copy.path, name, origin);
  });
}

/** Both stay: the copy is a document of its own from now on, because the log has a version under its name. */
export async function keepBoth(deciding: Deciding): Promise<Outcome> {
  const { world, who, options } = deciding;
  const { copy } = await chosen(deciding);
  const name = conflictCopyOf(copy.path);
  refOf(copy.path);
  const [examined] = await world.bulk.examine([copy.path], world.schemas.texts());
  if (name === null || examined?.verdict?.kind !== 'valid')
    throw new LarderError('conflict', `${copy.path} is no good document: correct it, or take the original`, {
      errors: examined?.verdict?.kind === 'invalid' ? examined.verdict.faults : [],
    });
  if (options.dryRun) return { changed: 1, left: 0, changeSets: [] };
  const origin = originFor(world, who);
  await world.queues.runAll([copy.path, name.stem], async () => {
    await settleHeld(world, [copy.path], { origin });
    if (world.catalog.head(copy.path)?.servedDigest) await endCopy(world, copy.path, name, origin);
  });
  if (world.conflicts.get(copy.path))
    throw new LarderError('conflict', `${copy.path} was changed meanwhile: decide again`);
  return { changed: 1, left: 0, changeSets: [origin.changeSet] };
}

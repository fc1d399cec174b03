/**
 * Puts judged writes on disk as one change set: temp files, one synced frame, then the swaps. A crash after the sync is
 * completed by redo; a swap that fails is taken back, and the frame with it.
 */
import type { EventFrame, Origin, Seq } from '../core/events.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { DerivedProblem, Seen } from '../catalog/types.ts';
import { contentOf } from './content.ts';
import { marksBy, marksOf } from './derived.ts';
import { absolute } from './places.ts';
import type { Placed } from '../files/swap.ts';
import { paceOf } from '../host/pace.ts';
import { originOf } from './origin.ts';
import { placeAll, seqByPath } from './placing.ts';
import { isOutcomeUnknown, refusalOf, refusalOfDisk } from './refusals.ts';
import { discardAll, discardIfLeft, isKept, stagedAtOnce, stageSome, type Staged } from './staging.ts';
import { freeNames } from './twins.ts';
import type { Who, WriteOptions, WriteResult, Written } from '../core/requests.ts';
import type { Prepared } from './write.ts';
import type { World } from './world.ts';

/**
 * Answers a result for each prepared write. Errors of the disk are thrown, with nothing changed. `origin` is given by who makes
 * one change set of several commits.
 */
export async function commit(
  world: World,
  prepared: readonly Prepared[],
  who: Who,
  options: WriteOptions,
  origin: Origin = originFor(world, who),
): Promise<ReadonlyMap<Prepared, WriteResult>> {
  const changing = prepared.filter(({ outcome }) => outcome !== 'unchanged');
  if (options.dryRun || changing.length === 0) return resultsOf(world, prepared, new Map(), origin);
  const staged = await stage(world, changing);
  const placed = new Map<string, Placed>();
  try {
    const draft = { type: 'events', kind: 'change', origin, entries: staged.map(({ entry }) => entry) } as const;
    const byPath = new Map(prepared.map((one) => [one.path, one]));
    const frame = await world.recorder.record(draft, {
      place: (logged) => placeAll(world, staged, placed, logged),
      seen: (path) => seenOf(world, placed, path),
      derived: (path) => marksFor(world, byPath.get(path)),
      content: (path) => contentOf(byPath.get(path)?.bytes ?? NOTHING, byPath.get(path)?.searchText ?? null),
    });
    afterwards(world, frame, placed);
    return await resultsOf(world, prepared, seqByPath(frame), origin);
  } catch (error) {
    throw await refuse(world, staged, error);
  }
}

/**
 * Nothing of the write is left but what health says of the disk; and while its outcome is unknown, the only copy of bytes that a start
 * would put in place.
 */
export async function refuse(world: World, staged: readonly Staged[], error: unknown): Promise<unknown> {
  const mayStand = (one: Staged): boolean => isOutcomeUnknown(error) && !isKept(one.entry);
  for (const { temp } of staged.filter(mayStand)) world.recorder.onceCertain(() => discardIfLeft(world, temp));
  await discardAll(
    world,
    staged.filter((one) => !mayStand(one)),
  );
  const refusal = refusalOfDisk(error);
  if (refusal && refusal.code !== 'busy') world.backlog.noteRefusal(refusal);
  return refusalOf(error);
}

/**
 * What the version brings with it. A schema that came into force since the write was judged judges it as it does whatever else is
 * served. Null where nothing is to be marked.
 */
function marksFor(world: World, one: Prepared | undefined): readonly DerivedProblem[] | null {
  if (!one?.bytes || !one.digest) return null;
  const { path, bytes, digest, warnings, judgedBy } = one;
  if (judgedBy !== world.schemas.changes) return marksOf(world, path, bytes, digest);
  return warnings.length > 0 ? marksBy(world, path, digest, { kind: 'valid', warnings }) : null;
}

const NOTHING = new TextEncoder().encode('{}');

export function originFor(world: World, who: Who): Origin {
  const origin = originOf(world, who.cause, who.actor);
  return who.session === undefined ? origin : { ...origin, session: who.session };
}

export async function stage(world: World, prepared: readonly Prepared[]): Promise<Staged[]> {
  const staged: Staged[] = [];
  const atOnce = stagedAtOnce(world);
  try {
    for (let start = 0; start < prepared.length; start += atOnce) {
      if (start > 0) await world.clock.yieldTurn();
      staged.push(...(await stageSome(world, prepared.slice(start, start + atOnce))));
    }
    return staged;
  } catch (error) {
    throw await refuse(world, staged, error);
  }
}

/** Of a file that is as it was placed the row is clean at once; of any other it stays unclean until it is looked at again. */
export function seenOf(world: World, placed: ReadonlyMap<string, Placed>, path: string): Seen | undefined {
  if (placed.get(path)?.kind !== 'placed') return undefined;
  const key = world.placements.keyOf(path);
  if (key !== undefined) return { key, clean: true };
  try {
    const stat = world.fs.lstat(absolute(world, path));
    return stat && { key: statKeyOf(stat), clean: false };
  } catch {
    return undefined;
  }
}

/** A hand edit found in the way came later than the write: it stays, and is looked at as the next version on top. */
export function afterwards(world: World, frame: EventFrame, placed: ReadonlyMap<string, Placed>): void {
  world.lookAgain([...placed].flatMap(([path, { kind }]) => (kind === 'occupied' ? [path] : [])));
  world.checkpoints.changed(frame);
  freeNames(world, frame);
}

async function resultsOf(
  world: World,
  prepared: readonly Prepared[],
  seqs: ReadonlyMap<string, Seq>,
  origin: Origin,
): Promise<ReadonlyMap<Prepared, WriteResult>> {
  const results = new Map<Prepared, WriteResult>();
  const pace = paceOf(world.clock);
  for (const one of prepared) {
    results.set(one, { ok: true, written: writtenOf(world, one, seqs.get(one.path), origin) });
    await pace();
  }
  return results;
}

function writtenOf(
  world: World,
  { request, path, outcome, digest, bytes }: Prepared,
  seq: Seq | undefined,
  origin: Origin,
): Written {
  const current = seq ?? world.catalog.head(path)?.servedSeq ?? world.recorder.announcedSeq;
  return {
    outcome,
    ref: request.ref,
    etag: digest,
    seq: current,
    changeSet: origin.changeSet,
    durability: world.durability,
    bytes,
  };
}

/**
 * Puts judged writes on disk as one change set: temp files, one synced frame, then the swaps. A crash after the sync is
 * completed by redo; a swap that fails is taken back, and the frame with it.
 */
import type { EventFrame, Origin, Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { directoriesDownTo, parentOf } from '../core/paths-below.ts';
import { isSchemaPath } from '../core/refs.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { DerivedProblem, Seen } from '../catalog/types.ts';
import { contentOf } from './content.ts';
import { marksBy, marksOf } from './derived.ts';
import { absolute } from './places.ts';
import { place, takeBack, type Placed } from '../files/swap.ts';
import { attempt, syncDirectory } from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import { stillOurs } from '../files/displacing.ts';
import { discardTemp } from '../files/temp.ts';
import { originOf } from './origin.ts';
import { unplacedBy } from './redo-candidates.ts';
import { isOutcomeUnknown, refusalOf, refusalOfDisk } from './refusals.ts';
import { isKept, stagedAtOnce, stageSome, type Staged } from './staging.ts';
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

const seqByPath = (frame: EventFrame): ReadonlyMap<string, Seq> =>
  new Map(frame.entries.map((entry) => [entry.path, entry.seq]));

/** Done in one turn of the event loop: some milliseconds. */
const AT_ONCE = 32;

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

/** What cannot be removed now is removed by the next start. */
async function discardAll(world: World, staged: readonly Staged[]): Promise<void> {
  const pace = paceOf(world.clock);
  for (const { temp } of staged) {
    discardIfLeft(world, temp);
    await pace();
  }
}

function discardIfLeft(world: World, temp: Staged['temp']): void {
  if (!('removes' in temp)) attempt(() => discardTemp(world, temp));
}

/**
 * All or none: what was placed before a failure is taken back in reverse order. Where the disk refuses even that, the frame, which
 * is durable, stands: what is missing of it is put in place later, and nothing else is done at these paths before.
 */
export async function placeAll(
  world: World,
  staged: readonly Staged[],
  placed: Map<string, Placed>,
  frame: EventFrame,
): Promise<void> {
  try {
    for (const { prepared, temp } of staged) {
      const expected = prepared.replaces === null ? 'absent' : statKeyOf(prepared.replaces);
      const { path, unproven } = prepared;
      const target = absolute(world, path);
      const one = place(world, { target, temp, expected, unproven });
      placed.set(path, one);
      world.placements.note(world.fs, path, target, isCalm(world, path) && one.kind === 'placed' ? one.placed : null);
      // Whoever reads one of these paths meanwhile waits in its queue for the last of them.
      if (placed.size % AT_ONCE === 0) await world.clock.yieldTurn();
    }
    if (world.durability === 'sync') await syncNamesOfUnkept(world, staged);
  } catch (error) {
    if (await takeAllBack(world, placed, seqByPath(frame))) throw error;
    const refusal = refusalOfDisk(error) ?? new LarderError('disk_failed', String(error), { cause: error });
    for (const unplaced of unplacedBy(frame)) world.backlog.noteUnplaced(unplaced, refusal);
    // What no log keeps is placed later from its temp file, which is the only copy.
    await discardAll(
      world,
      staged.filter(({ entry }) => isKept(entry)),
    );
  }
  await watchDisplaced(world, frame, placed);
}

/** Files whose bytes no log keeps have to keep their names as well, with the directories that may have been made for them. */
async function syncNamesOfUnkept(world: World, staged: readonly Staged[]): Promise<void> {
  const unkept = staged.filter(({ entry }) => entry.digest !== null && !isKept(entry));
  const directories = new Set(unkept.flatMap(({ entry }) => ['', ...directoriesDownTo(parentOf(entry.path))]));
  for (const directory of directories) {
    const place = absolute(world, directory);
    if (world.fs.lstat(place)?.kind === 'directory') await syncDirectory(world.fs, place);
  }
}

/** Before a later frame can be placed: no checkpoint passes what waits here. */
async function watchDisplaced(world: World, frame: EventFrame, placed: ReadonlyMap<string, Placed>): Promise<void> {
  const seqs = seqByPath(frame);
  const pace = paceOf(world.clock);
  for (const [path, one] of placed) {
    const out = one.kind === 'placed' ? one.displaced : null;
    if (out) world.displaced.add(out.file, path, seqs.get(path) ?? 0, out.known);
    await pace();
  }
}

async function takeAllBack(
  world: World,
  placed: Map<string, Placed>,
  seqs: ReadonlyMap<string, Seq>,
): Promise<boolean> {
  const pace = paceOf(world.clock);
  try {
    for (const [path, one] of [...placed].toReversed()) {
      takeBack(world, absolute(world, path), one);
      placed.delete(path);
      const out = leftOut(world, one);
      if (out) world.displaced.add(out.file, path, seqs.get(path) ?? 0, out.known);
      await pace();
    }
    return true;
  } catch {
    return false;
  }
}

/** What could not go back, because somebody saved there meanwhile. What the disk does not say undoes nothing. */
function leftOut(world: World, one: Placed): Extract<Placed, { kind: 'placed' }>['displaced'] {
  if (one.kind !== 'placed' || !one.displaced) return null;
  const { placed, displaced } = one;
  try {
    const isGone = world.fs.lstat(displaced.file) === undefined;
    return isGone || (placed && stillOurs(world, displaced.file, placed.stat)) ? null : displaced;
  } catch {
    return displaced;
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

/** Nothing else than what the file is has to be found out about the path. */
const isCalm = (world: World, path: string): boolean =>
  !isSchemaPath(path) && !world.pendings.get(path) && (world.catalog.head(path)?.problems.length ?? 0) === 0;

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

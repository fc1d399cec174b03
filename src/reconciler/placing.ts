/**
 * The swaps of a change set whose frame is synced: all or none. New files of a bulk get their names in a worker, all else is placed here.
 */
import type { EventFrame, Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { directoriesDownTo, parentOf } from '../core/paths-below.ts';
import { isSchemaPath } from '../core/refs.ts';
import { statKeyOf } from '../core/stat-key.ts';
import { stillOurs } from '../files/displacing.ts';
import type { Named } from '../files/place-batch.ts';
import { place, takeBack, type Placed } from '../files/swap.ts';
import type { Temp } from '../files/temp.ts';
import { syncDirectory } from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import type { FileStat } from '../host/ports.ts';
import { statOf } from './placements.ts';
import { absolute } from './places.ts';
import { unplacedBy } from './redo-candidates.ts';
import { refusalOfDisk } from './refusals.ts';
import { discardAll, IN_WORKER, isKept, WORTH_A_WORKER, type Staged } from './staging.ts';
import type { World } from './world.ts';

export const seqByPath = (frame: EventFrame): ReadonlyMap<string, Seq> =>
  new Map(frame.entries.map((entry) => [entry.path, entry.seq]));

/** Done in one turn of the event loop: some milliseconds. */
const AT_ONCE = 32;

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
    await nameAway(world, staged, placed);
    for (const { prepared, temp } of staged) {
      if (placed.has(prepared.path)) continue;
      const expected = prepared.replaces === null ? 'absent' : statKeyOf(prepared.replaces);
      const { path, unproven } = prepared;
      const target = absolute(world, path);
      const one = place(world, { target, temp, expected, unproven });
      placed.set(path, one);
      notePlaced(world, path, one, () => statOf(world.fs, target));
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

function notePlaced(world: World, path: string, one: Placed, seen: () => FileStat | undefined): void {
  const temp = isCalm(world, path) && one.kind === 'placed' ? one.placed : null;
  world.placements.note(path, temp, temp ? seen() : undefined);
}

interface New {
  readonly path: string;
  readonly temp: Temp;
}

type NameNew = NonNullable<World['bulk']['name']>;

/** What is left of the new files when a worker has given them their names is placed like any other. */
async function nameAway(world: World, staged: readonly Staged[], placed: Map<string, Placed>): Promise<void> {
  const { name } = world.bulk;
  const files = world.swap.noReplace && name ? staged.flatMap(newOf) : [];
  if (!name || files.length < WORTH_A_WORKER) return;
  for (let start = 0; start < files.length; start += IN_WORKER)
    await nameSome(world, name, files.slice(start, start + IN_WORKER), placed);
}

const newOf = ({ prepared: { path, replaces }, temp }: Staged): New[] =>
  replaces !== null || 'removes' in temp ? [] : [{ path, temp }];

async function nameSome(
  world: World,
  name: NameNew,
  files: readonly New[],
  placed: Map<string, Placed>,
): Promise<void> {
  const paths = files.map(({ path }) => path);
  world.placements.begin(paths);
  try {
    const named = await askToName(name, files);
    for (const [index, { path, temp }] of files.entries()) {
      const told = named[index] ?? 'left';
      const seen = told === 'left' ? lookFor(world, path, temp) : told;
      if (seen === 'left') continue;
      const one = { kind: 'placed', placed: temp, displaced: null } as const;
      placed.set(path, one);
      notePlaced(world, path, one, () => (seen === 'unseen' ? undefined : seen));
    }
  } finally {
    // What the kernel told of them meanwhile is explained by now, or comes from somebody else.
    const told = world.placements.end(paths);
    world.lookAgain(told.filter((path) => !world.placements.explains(world.fs, path, absolute(world, path))));
  }
}

/** Of a worker that died, or ends, nobody knows how far it came. */
async function askToName(name: NameNew, files: readonly New[]): Promise<readonly Named[]> {
  try {
    return await name(files.map(({ path, temp: { file } }) => ({ path, file })));
  } catch {
    return [];
  }
}

/** A worker that died may have named it, also when the one that took its place found nothing to do. */
function lookFor(world: World, path: string, { stat }: Temp): Named {
  const target = absolute(world, path);
  try {
    return stillOurs(world, target, stat) ? (statOf(world.fs, target) ?? 'unseen') : 'left';
  } catch {
    return 'left';
  }
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

/** Nothing else than what the file is has to be found out about the path. */
const isCalm = (world: World, path: string): boolean =>
  !isSchemaPath(path) && !world.pendings.get(path) && (world.catalog.head(path)?.problems.length ?? 0) === 0;

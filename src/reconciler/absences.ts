/**
 * Confirmed absences before they become deletions: held when too many vanish at once (core/absence.ts decides). A hold is one
 * problem of its collection, in the log; which documents it covers needs no record: those that are absent while it lasts.
 */
import { ABSENCE_WINDOW_MS, believe, emptyTally, judgeAbsences, type AbsenceTally } from '../core/absence.ts';
import type { Origin } from '../core/events.ts';
import { classify, collectionOf, pathOfSchema } from '../core/refs.ts';
import { parentOf } from '../core/paths-below.ts';
import { absolute, rootIsThere } from './places.ts';
import { originOf } from './origin.ts';
import type { Settled } from './settled.ts';
import { unlessRefused } from './unrecorded.ts';
import { recordVerdict } from './verdicts.ts';
import type { World } from './world.ts';

/** While the tree is walked a file may turn up under another name; so long an absence waits for the walk at most. */
const WALK_PATIENCE_MS = 3000;
export const WALK_RETRY_MS = 200;

export const isLost = (one: Settled): boolean => one.decision.do === 'lost' && one.from === undefined;

/** Collections with an open `held` problem, and what was deleted lately in each. */
export class AbsenceLedger {
  readonly held = new Set<string>();
  /** Of those that are none any more, and of which the log is being told. */
  readonly endings = new Map<string, Promise<void>>();
  readonly tallies = new Map<string, AbsenceTally>();
  /** Walks of the tree, or a part of it, that are under way. */
  walks = 0;
  /** The whole tree was looked at since opening: before that nobody knows what is absent. */
  isComplete = false;
}

/** What was deleted in the minute before a restart counts on: the limits hold for a minute, not for a process. */
export function recallDeletions({ absences, catalog, clock }: World): void {
  const paths = catalog.deletedByHand(catalog.seqAtTime(clock.nowMs() - ABSENCE_WINDOW_MS));
  const byCollection = Map.groupBy(paths, (path) => collectionOf(classify(path)));
  for (const [collection, group] of byCollection)
    absences.tallies.set(collection, believe(emptyTally, group, clock.monotonicMs()));
}

/** An absence old enough to count, but maybe one half of a move whose other half was not met yet. */
export const waitsForWalk = ({ absences, pendings }: World, path: string): boolean =>
  absences.walks > 0 && pendings.ageMs(path, 'absent') < WALK_PATIENCE_MS;

/** The paths among the lost whose deletion may be recorded; the others are held. */
export async function judgeLost(world: World, lost: readonly Settled[]): Promise<ReadonlySet<string>> {
  const deletable = new Set<string>();
  const byCollection = Map.groupBy(lost, ({ observation }) => collectionOf(observation.meaning));
  for (const [collection, group] of byCollection) {
    const paths = group.map(({ observation }) => observation.path);
    if (mayDelete(world, collection, paths)) for (const path of paths) deletable.add(path);
    else await hold(world, collection, paths);
  }
  return deletable;
}

function mayDelete(world: World, collection: string, paths: readonly string[]): boolean {
  if (!rootIsThere(world) || world.absences.held.has(collection)) return false;
  const tally = world.absences.tallies.get(collection) ?? emptyTally;
  const nowMs = world.clock.monotonicMs();
  const schema = pathOfSchema(collection);
  const batch = {
    absent: Math.max(paths.length, world.pendings.absentIn(collection) - (world.pendings.get(schema) ? 1 : 0)),
    present: world.catalog.countPresentBelow(collection) - (world.catalog.head(schema) ? 1 : 0),
    vanished: vanishedDirectories(world, collection, paths),
  };
  if (judgeAbsences(tally, batch, nowMs) === 'hold') return false;
  world.absences.tallies.set(collection, believe(tally, paths, nowMs));
  return true;
}

function vanishedDirectories(
  world: World,
  collection: string,
  paths: readonly string[],
): { directory: string; present: number }[] {
  const directories = new Set<string>();
  for (const path of paths) {
    for (let at = parentOf(path); at.length >= collection.length && !directories.has(at); at = parentOf(at))
      directories.add(at);
  }
  return [...directories]
    .filter((directory) => world.fs.lstat(absolute(world, directory)) === undefined)
    .map((directory) => ({ directory, present: world.catalog.countPresentBelow(directory) }));
}

async function hold(world: World, collection: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) holdPath(world, collection, path);
  if (world.absences.held.has(collection)) return;
  const detail = `documents of ${collection} disappeared, too many at once; they are served until you decide`;
  const problem = { op: 'problem', code: 'held', faults: [{ code: 'held', detail }] } as const;
  // At once, or others that vanish meanwhile would say it again; taken back, or nobody would ever say it.
  world.absences.held.add(collection);
  try {
    await recordVerdict(world, collection, problem, originOf(world, 'hand'));
  } catch (error) {
    world.absences.held.delete(collection);
    throw error;
  }
}

export function holdPath(world: World, collection: string, path: string): void {
  world.pendings.set(path, { code: 'held', sight: 'absent', collection, digest: null, faults: [] }, null);
  world.onMarked(path);
}

/**
 * A schema goes when its collection goes, and is held with it: while documents of the collection are absent, or their directory
 * is gone, nothing says that anybody meant to delete it.
 */
export function mayForgetSchema(world: World, collection: string): boolean {
  if (!rootIsThere(world) || world.absences.held.has(collection)) return false;
  const others = world.catalog.countPresentBelow(collection) - 1;
  if (others <= 0) return true;
  return world.pendings.absentIn(collection) <= 1 && world.fs.lstat(absolute(world, collection)) !== undefined;
}

/** Ends the problem of collections none of whose documents are held any more. */
export async function releaseHolds(world: World): Promise<void> {
  if (!world.absences.isComplete) return;
  for (const collection of world.absences.held) {
    if (!isStillHeld(world, collection))
      await unlessRefused(world, [], () => endHold(world, collection, originOf(world, 'hand')));
  }
}

/** What is out of reach may be there or not. */
const isStillHeld = (world: World, collection: string): boolean =>
  world.pendings.absentIn(collection) > 0 || !rootIsThere(world) || world.outOfReach.touching(collection).length > 0;

/** Once, whoever finds first that nothing is held any more; whoever finds it meanwhile waits until that is recorded. */
export function endHold(world: World, collection: string, origin: Origin): Promise<void> {
  const { held, endings } = world.absences;
  const running = endings.get(collection);
  if (running !== undefined || !held.delete(collection)) return running ?? Promise.resolve();
  const ending = sayEnded(world, collection, origin).finally(() => endings.delete(collection));
  endings.set(collection, ending);
  return ending;
}

async function sayEnded(world: World, collection: string, origin: Origin): Promise<void> {
  try {
    await recordVerdict(world, collection, { op: 'resolved', code: 'held' }, origin);
  } catch (error) {
    world.absences.held.add(collection);
    throw error;
  }
}

/** Confirmed absences before they become deletions: held when too many vanish at once (core/absence.ts decides). */
import { emptyTally, judgeAbsences, type AbsenceTally } from '../core/absence.ts';
import { collectionOf } from '../core/refs.ts';
import { absolute, parentOf, rootIsThere } from './places.ts';
import { originOf } from './origin.ts';
import type { Settled } from './settled.ts';
import { unlessRefused } from './unrecorded.ts';
import type { World } from './world.ts';

export const isLost = (one: Settled): boolean => one.decision.do === 'lost' && one.from === undefined;

/** Collections with an open `held` problem, and what was deleted lately in each. */
export class AbsenceLedger {
  readonly held = new Set<string>();
  readonly tallies = new Map<string, AbsenceTally>();
}

/** The paths among the lost whose deletion may be recorded; the others are held. */
export async function judgeLost(world: World, lost: readonly Settled[]): Promise<ReadonlySet<string>> {
  const confirmed = new Set<string>();
  const byCollection = Map.groupBy(lost, ({ observation }) => collectionOf(observation.meaning));
  for (const [collection, group] of byCollection) {
    const paths = group.map(({ observation }) => observation.path);
    if (mayDelete(world, collection, paths)) for (const path of paths) confirmed.add(path);
    else await hold(world, collection, paths);
  }
  return confirmed;
}

function mayDelete(world: World, collection: string, paths: readonly string[]): boolean {
  if (!rootIsThere(world) || world.absences.held.has(collection)) return false;
  const batch = {
    absent: Math.max(paths.length, world.pendings.absentIn(collection)),
    present: world.catalog.countPresentBelow(collection),
    largestVanishedDirectory: largestVanished(world, collection, paths),
  };
  const tally = world.absences.tallies.get(collection) ?? emptyTally;
  const [verdict, next] = judgeAbsences(tally, batch, world.clock.monotonicMs());
  const accepted = next.accepted.at(-1);
  // What is counted as accepted is what this batch deletes, not what still waits for its second look.
  if (verdict === 'delete' && accepted) {
    const counted = { atMs: accepted.atMs, count: paths.length };
    world.absences.tallies.set(collection, { accepted: [...next.accepted.slice(0, -1), counted] });
  }
  return verdict === 'delete';
}

function largestVanished(world: World, collection: string, paths: readonly string[]): number {
  const directories = new Set<string>();
  for (const path of paths) {
    for (let at = parentOf(path); at.length >= collection.length; at = parentOf(at)) directories.add(at);
  }
  const vanished = [...directories].filter((directory) => world.fs.lstat(absolute(world, directory)) === undefined);
  return Math.max(0, ...vanished.map((directory) => world.catalog.countPresentBelow(directory)));
}

async function hold(world: World, collection: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    world.pendings.set(path, { code: 'held', sight: 'absent', collection, digest: null, faults: [] }, null);
  }
  if (world.absences.held.has(collection)) return;
  world.absences.held.add(collection);
  const detail = `${paths.length} or more documents of ${collection} disappeared at once; they are served until you decide`;
  await recordVerdict(world, collection, 'problem', [{ code: 'held', detail }]);
}

/** Ends the problem of collections none of whose documents are held any more. */
export async function releaseHolds(world: World): Promise<void> {
  for (const collection of world.absences.held) {
    if (world.pendings.absentIn(collection) > 0) continue;
    const isSaid = await unlessRefused(world, [], () => recordVerdict(world, collection, 'resolved', []));
    if (isSaid) world.absences.held.delete(collection);
  }
}

async function recordVerdict(
  world: World,
  path: string,
  op: 'problem' | 'resolved',
  faults: readonly { code: string; detail: string }[],
): Promise<void> {
  const entry = { op, path, kind: null, digest: null, size: 0, before: null, code: 'held', faults } as const;
  await world.recorder.record(
    { type: 'events', kind: 'verdict', origin: originOf(world, 'hand'), entries: [entry] },
    { content: noContent },
  );
}

const noContent = (): never => {
  throw new Error('a verdict without a version has no content');
};

/**
 * A person decides about held documents: deleted, or written back from history. Both in change sets of at most 10,000 paths
 * and 64 MiB; several share a session, so that they can be undone together.
 */
import type { Head } from '../catalog/types.ts';
import { MOST_CHANGE_BYTES, MOST_CHANGES } from '../core/change-set.ts';
import { LarderError } from '../core/errors.ts';
import type { Origin } from '../core/events.ts';
import { classify } from '../core/refs.ts';
import type { Who } from '../core/requests.ts';
import { place } from '../files/swap.ts';
import { paceOf } from '../host/pace.ts';
import { discardTemp, makeDirectories, writeTemp } from '../files/temp.ts';
import { attempt } from '../host/durable-files.ts';
import { endHold } from './absences.ts';
import { commit, originFor } from './commit.ts';
import { keptBytes } from './known-versions.ts';
import { originOf } from './origin.ts';
import { parentOf } from '../core/paths-below.ts';
import { absolute, rootIsThere } from './places.ts';
import { settle, settleHeld } from './settle.ts';
import type { Prepared } from './write.ts';
import type { World } from './world.ts';

/** Paths of one frame: so many files are written in one turn of the event loop or two. */
const BATCH = 200;

export interface HoldDecided {
  readonly changed: number;
  readonly left: number;
  readonly changeSets: readonly string[];
  readonly session: string | null;
}

/** The documents are deleted, as if each had been by this person. */
export async function confirmHold(world: World, collection: string, who: Who): Promise<HoldDecided> {
  requireRoot(world);
  const sets = await setsOf(world, world.pendings.heldIn(collection), () => 0);
  const by = inOneSession(world, who, sets.length);
  return decide(world, collection, by, sets, async (paths, origin) => {
    const settled = await settle(world, paths, { origin, absencesConfirmed: true });
    if (world.backlog.reason !== null) throw world.backlog.reason;
    return settled.filter(({ decision }) => decision.do === 'lost').length;
  });
}

/** The files are written back, byte for byte as they were last seen. */
export async function dismissHold(world: World, collection: string, who: Who): Promise<HoldDecided> {
  requireRoot(world);
  const held = world.pendings.heldIn(collection);
  const sets = await setsOf(world, held, (path) => world.catalog.head(path)?.servedSize ?? 0);
  const by = inOneSession(world, { ...who, cause: 'restore' }, sets.length);
  return decide(world, collection, by, sets, (paths, origin) =>
    world.queues.runAll(paths, async () => {
      await settleHeld(world, paths);
      const held = paths.filter((path) => isHeld(world, path));
      return writeBack(world, held, by, origin);
    }),
  );
}

const isHeld = (world: World, path: string): boolean => world.pendings.get(path)?.code === 'held';

async function decide(
  world: World,
  collection: string,
  who: Who,
  sets: readonly (readonly string[])[],
  decideSome: (paths: readonly string[], origin: Origin) => Promise<number>,
): Promise<HoldDecided> {
  let changed = 0;
  const changeSets: string[] = [];
  for (const paths of sets) {
    const before = changed;
    const origin = originFor(world, who);
    for (let start = 0; start < paths.length; start += BATCH) {
      changed += await decideSome(paths.slice(start, start + BATCH), origin);
      await world.clock.yieldTurn();
    }
    if (changed > before) changeSets.push(origin.changeSet);
  }
  const left = world.pendings.heldIn(collection).length;
  if (world.pendings.absentIn(collection) === 0) await endHold(world, collection, endOf(world, who, changeSets.at(-1)));
  return { changed, left, changeSets, session: changeSets.length > 0 ? (who.session ?? null) : null };
}

/** The end of the problem is told with the last change set that ended it. */
const endOf = (world: World, who: Who, changeSet: string | undefined): Origin => {
  const origin = originFor(world, who);
  return changeSet === undefined ? origin : { ...origin, changeSet };
};

const inOneSession = (world: World, who: Who, sets: number): Who =>
  sets > 1 && who.session === undefined ? { ...who, session: `hold-${originOf(world, who.cause).changeSet}` } : who;

async function setsOf(
  { clock }: World,
  paths: readonly string[],
  sizeOf: (path: string) => number,
): Promise<string[][]> {
  const pace = paceOf(clock);
  const sets: string[][] = [];
  let bytes = 0;
  for (const path of paths) {
    const last = sets.at(-1);
    const size = sizeOf(path);
    if (last === undefined || last.length >= MOST_CHANGES || bytes + size > MOST_CHANGE_BYTES) {
      sets.push([path]);
      bytes = size;
    } else {
      last.push(path);
      bytes += size;
    }
    await pace();
  }
  return sets;
}

function requireRoot(world: World): void {
  if (rootIsThere(world)) return;
  throw new LarderError('conflict', 'the root is not there: mount it again, then decide what is missing');
}

/** The caller holds the queues of the paths. What has no kept bytes stays held. */
async function writeBack(world: World, paths: readonly string[], who: Who, origin: Origin): Promise<number> {
  const heads = paths.map((path) => world.catalog.head(path)).filter((head) => head !== undefined);
  const prepared = heads.flatMap((head) => prepare(world, head) ?? []);
  await commit(world, prepared, who, {}, origin);
  for (const { path } of prepared) world.pendings.delete(path);
  let others = 0;
  for (const head of heads) if (isHeld(world, head.path) && writeUnrecorded(world, head)) others++;
  return prepared.length + others;
}

/** `before` is null, because nothing is there: so redo writes the file should a crash come between the log and the swap. */
function prepare(world: World, head: Head): Prepared | null {
  const { path, servedBody: body, servedDigest: digest, diskDigest } = head;
  const meaning = classify(path);
  if (!('id' in meaning) || body === null || digest === null || digest !== diskDigest) return null;
  const bytes = keptBytes(world, body, digest);
  if (bytes === null) return null;
  const ref = { collection: meaning.collection, id: meaning.id };
  const request = { ref, change: { op: 'exact', body: bytes } } as const;
  const nothingThere = { before: null, replaces: null, unproven: false };
  const notJudged = { searchText: null, warnings: [], judgedBy: null };
  return { request, path, outcome: 'updated', bytes, digest, ...nothingThere, ...notJudged };
}

/** A schema, and a document that was broken when it vanished: once the file is back the log is right again, without an event. */
function writeUnrecorded(world: World, { path, diskDigest }: Head): boolean {
  const version = diskDigest === null ? undefined : world.catalog.versionWith(path, diskDigest);
  if (version === undefined || diskDigest === null) return false;
  const bytes = keptBytes(world, version.body, diskDigest);
  if (bytes === null) return false;
  makeDirectories(world, parentOf(path));
  const temp = writeTemp(world, { path, bytes, digest: diskDigest, replaces: null });
  try {
    place(world, { target: absolute(world, path), temp, expected: 'absent' });
  } catch (error) {
    attempt(() => discardTemp(world, temp));
    throw error;
  }
  world.pendings.delete(path);
  world.lookAgain([path]);
  return true;
}

/**
 * Compares the tree with what is known, by lstat alone, and settles what differs. The watcher is never trusted: this runs at
 * the start, every minute, and whenever hints may have been lost (DESIGN 3.2).
 */
import type { KnownName } from '../catalog/types.ts';
import { ABSENCE_MS } from '../core/decision.ts';
import { classify, SCHEMA_NAME, type PathMeaning } from '../core/refs.ts';
import { sizeIn } from '../core/stat-key.ts';
import { isOurs, join } from '../files/ours.ts';
import { paceOf, type Pace } from '../host/pace.ts';
import type { DirectoryListing, ListedName } from '../files/types.ts';
import { reportUnaddressable } from './odd-places.ts';
import { noteWalked } from './out-of-reach.ts';
import { conflictCopyOf } from '../core/conflict-copies.ts';
import { endCopy, isCopyOnly } from './conflicts.ts';
import { Findings } from './findings.ts';
import { unlessRefused } from './unrecorded.ts';
import { isAtOrBelow } from '../core/paths-below.ts';
import { absolute } from './places.ts';
import type { World } from './world.ts';

export interface RescanOptions {
  /** Where to start, below the root; '' for all. */
  readonly subtree?: string;
  /** The first index of a new root: nothing is known, nothing can have moved. */
  readonly nothingKnown?: boolean;
  readonly onProgress?: (looked: number) => void;
}

/** What a look at the tree tells beside what it records. */
export interface RescanReport {
  /** Regular files among the documents that are no JSON: nothing is done with them (FORMAT, Names). */
  readonly ignored: number;
}

/** Looks at the tree, or a part of it; resolves when everything found is recorded. */
export async function rescan(world: World, options: RescanOptions = {}): Promise<RescanReport> {
  const findings = new Findings(world, options);
  let report: RescanReport = { ignored: 0 };
  world.absences.walks++;
  try {
    report = await walk(world, options, findings);
    if (options.subtree === undefined) await lookForCopies(world, findings);
    await findings.finish();
  } finally {
    world.absences.walks--;
  }
  await settleAbsences(world);
  if (options.subtree === undefined) world.absences.isComplete = true;
  return report;
}

/** What was absent long enough waited for the walk to end: it might have turned up under another name. */
async function settleAbsences(world: World): Promise<void> {
  const findings = new Findings(world);
  for (const path of world.pendings.absentFor(ABSENCE_MS)) await findings.add(path);
  await findings.finish();
}

/** A copy that is gone has no row that would be missed. */
async function lookForCopies(world: World, findings: Findings): Promise<void> {
  for (const path of world.conflicts.paths()) {
    if (conflictCopyOf(path) === null) await endMistaken(world, path);
    else if (world.fs.lstat(absolute(world, path)) === undefined) await findings.add(path);
  }
}

/** Recorded when its name still counted as one of a copy: it is a document like others. */
async function endMistaken(world: World, path: string): Promise<void> {
  const open = world.conflicts.get(path);
  if (open) await world.queues.runAll([path, open.stem], () => endCopy(world, path, open));
}

/** The walk alone, for a look at several places that finds one change set. */
export async function walk(world: World, options: RescanOptions, findings: Findings): Promise<RescanReport> {
  const subtree = options.subtree ?? '';
  let [looked, ignored] = [0, 0];
  const visited = new Set<string>();
  const unreadable: DirectoryListing[] = [];
  const pace = paceOf(world.clock);
  for await (const listings of world.bulk.walk(subtree)) {
    for (const listing of listings) {
      visited.add(listing.path);
      if (listing.unreadable !== undefined) unreadable.push(listing);
      else ignored += await compare(world, listing, options, findings, pace);
      options.onProgress?.((looked += listing.entries.length));
    }
  }
  const isWalked = await noteWalked(world, subtree, unreadable);
  if (isWalked && !options.nothingKnown) await lookForVanished(world, subtree, { visited, unreadable }, findings, pace);
  return { ignored };
}

/** Directories that are known and were not met: what they held is looked at, unless they lie where nothing can be read. */
async function lookForVanished(
  world: World,
  subtree: string,
  met: { readonly visited: ReadonlySet<string>; readonly unreadable: readonly DirectoryListing[] },
  findings: Findings,
  pace: Pace,
): Promise<void> {
  for (const directory of world.catalog.directoriesBelow(subtree)) {
    if (met.visited.has(directory) || met.unreadable.some(({ path }) => isAtOrBelow(directory, path))) continue;
    for await (const page of namesIn(world, directory, pace)) {
      for (const known of page) if (known.present || known.hasProblem) await findings.add(join(directory, known.name));
    }
  }
}

/** Read in one slice of the event loop: some milliseconds. */
const NAMES_AT_ONCE = 1000;

/** What is recorded between two pages makes a needless look at worst: it is a look that decides. */
async function* namesIn(world: World, directory: string, pace: Pace): AsyncGenerator<readonly KnownName[]> {
  for (let after = ''; ;) {
    const page = world.catalog.namesIn(directory, after, NAMES_AT_ONCE);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < NAMES_AT_ONCE) return;
    after = last.name;
    await pace();
  }
}

/** Compared before it is asked whether the slice is over. */
const COMPARED_AT_ONCE = 64;

/** Gives how many files in it are ignored. */
async function compare(
  world: World,
  listing: DirectoryListing,
  options: RescanOptions,
  findings: Findings,
  pace: Pace,
): Promise<number> {
  let ignored = 0;
  const known = new Map<string, KnownName>();
  if (!options.nothingKnown)
    for await (const page of namesIn(world, listing.path, pace)) for (const one of page) known.set(one.name, one);
  for (const [index, entry] of schemaFirst(listing.entries).entries()) {
    if (index % COMPARED_AT_ONCE === COMPARED_AT_ONCE - 1) await pace();
    const before = known.get(entry.name);
    known.delete(entry.name);
    const path = join(listing.path, entry.name);
    if (isUnchanged(world, path, entry, before)) continue;
    const meaning = classify(path);
    if (isCounted(meaning, entry)) ignored++;
    if (!entry.addressable) await unlessRefused(world, [path], () => reportUnaddressable(world, path, entry));
    else if (isOurs(meaning, entry) || isCopyOnly(world, path))
      await findings.add(path, sizeIn(entry.key), before?.stat === entry.key);
  }
  for (const [name, gone] of known) {
    if (gone.present || gone.hasProblem) await findings.add(join(listing.path, name));
  }
  return ignored;
}

/** What editors and tools leave beside the documents is not even counted. */
const isCounted = (meaning: PathMeaning, { kind }: ListedName): boolean =>
  kind === 'file' && meaning.kind === 'ignored' && meaning.why === 'other';

/** In force before the documents beside it are judged. */
const schemaFirst = (entries: readonly ListedName[]): readonly ListedName[] => {
  const at = entries.findIndex(({ name }) => name === SCHEMA_NAME);
  const schema = entries[at];
  return schema === undefined ? entries : [schema, ...entries.filter((entry) => entry !== schema)];
};

const isUnchanged = (world: World, path: string, entry: ListedName, known: KnownName | undefined): boolean =>
  world.conflicts.get(path)?.key === entry.key ||
  (known !== undefined && known.clean && known.stat === entry.key && world.pendings.get(path) === undefined);

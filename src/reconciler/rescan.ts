/**
 * Compares the tree with what is known, by lstat alone, and settles what differs. The watcher is never trusted: this runs at
 * the start, every minute, and whenever hints may have been lost (DESIGN 3.2).
 */
import type { KnownName } from '../catalog/types.ts';
import { classify } from '../core/refs.ts';
import type { DirectoryListing, ListedName } from '../files/types.ts';
import { reportUnaddressable, reportUnreadable } from './odd-places.ts';
import { settle } from './settle.ts';
import { unlessRefused } from './unrecorded.ts';
import type { World } from './world.ts';

/** Paths settled together: one frame in the log, one batch for a worker. */
const BATCH = 500;
/** Batches in flight: the worker reads the next while the log syncs the last. */
const IN_FLIGHT = 3;

export interface RescanOptions {
  /** Where to start, below the root; '' for all. */
  readonly subtree?: string;
  /** The first index of a new root: nothing is known, nothing can have moved. */
  readonly nothingKnown?: boolean;
  readonly onProgress?: (looked: number) => void;
}

export async function rescan(world: World, options: RescanOptions = {}): Promise<void> {
  const subtree = options.subtree ?? '';
  const batches = new Batches(world, options);
  const visited = new Set<string>();
  const unreadable: string[] = [];
  for await (const listings of world.bulk.walk(subtree)) {
    for (const listing of listings) {
      visited.add(listing.path);
      if (listing.unreadable !== undefined) unreadable.push(listing.path);
      else await compare(world, listing, options, batches);
      await unlessRefused(world, [listing.path], () => reportUnreadable(world, listing));
    }
  }
  if (!options.nothingKnown) await lookForVanished(world, subtree, visited, unreadable, batches);
  await batches.finish();
}

/** Directories that are known and were not met: what they held is looked at, unless they lie where nothing can be read. */
async function lookForVanished(
  world: World,
  subtree: string,
  visited: ReadonlySet<string>,
  unreadable: readonly string[],
  batches: Batches,
): Promise<void> {
  for (const directory of world.catalog.directoriesBelow(subtree)) {
    if (visited.has(directory) || unreadable.some((place) => isBelow(directory, place))) continue;
    for (const known of world.catalog.namesIn(directory)) {
      if (known.present || known.hasProblem) await batches.add(join(directory, known.name));
    }
  }
}

async function compare(
  world: World,
  listing: DirectoryListing,
  options: RescanOptions,
  batches: Batches,
): Promise<void> {
  const known = new Map<string, KnownName>();
  if (!options.nothingKnown) for (const one of world.catalog.namesIn(listing.path)) known.set(one.name, one);
  for (const entry of listing.entries) {
    const before = known.get(entry.name);
    known.delete(entry.name);
    const path = join(listing.path, entry.name);
    if (isUnchanged(world, path, entry, before)) continue;
    if (!entry.addressable) await unlessRefused(world, [path], () => reportUnaddressable(world, path, entry));
    else if (isOurs(path, entry)) await batches.add(path);
  }
  for (const [name, gone] of known) {
    if (gone.present || gone.hasProblem) await batches.add(join(listing.path, name));
  }
  batches.looked(listing.entries.length);
}

const isUnchanged = (world: World, path: string, entry: ListedName, known: KnownName | undefined): boolean =>
  known !== undefined && known.clean && known.stat === entry.key && world.pendings.get(path) === undefined;

/** Files that mean something, symlinks inside a collection, and directories that pretend to be documents. */
function isOurs(path: string, entry: ListedName): boolean {
  const meaning = classify(path);
  if (entry.kind === 'directory') return meaning.kind === 'document' || meaning.kind === 'stream';
  if (meaning.kind !== 'ignored') return true;
  return meaning.why === 'other' && entry.kind === 'symlink';
}

const join = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);

const isBelow = (path: string, place: string): boolean =>
  place === '' || path === place || path.startsWith(`${place}/`);

/** Gathers paths into batches and keeps a few of them in flight. */
class Batches {
  readonly #world: World;
  readonly #options: RescanOptions;
  readonly #running = new Set<Promise<void>>();
  #paths: string[] = [];
  #looked = 0;
  #failure: unknown = null;

  constructor(world: World, options: RescanOptions) {
    this.#world = world;
    this.#options = options;
  }

  looked(count: number): void {
    this.#looked += count;
    this.#options.onProgress?.(this.#looked);
  }

  async add(path: string): Promise<void> {
    this.#paths.push(path);
    if (this.#paths.length >= BATCH) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
  }

  async #flush(): Promise<void> {
    if (this.#paths.length === 0) return;
    const paths = this.#paths;
    this.#paths = [];
    const nothingKnown = this.#options.nothingKnown ?? false;
    const run = settle(this.#world, paths, { nothingKnown }).then(
      () => void this.#running.delete(run),
      (error: unknown) => {
        this.#running.delete(run);
        this.#failure ??= error;
      },
    );
    this.#running.add(run);
    if (this.#running.size >= IN_FLIGHT) await Promise.race(this.#running);
  }
}

/**
 * What one look at a directory, or one rescan, finds: one change set, whatever number of frames it takes (a set of more than
 * 10,000 paths is cut). Before it is recorded the bytes are compared with history: a restore is one deed with a cause and a
 * session of its own.
 */
import { MOST_CHANGES } from '../core/change-set.ts';
import { FIRST_SCAN, type Origin } from '../core/events.ts';
import type { FoundChange } from '../core/restore.ts';
import { identityIn } from '../core/stat-key.ts';
import type { HashedFile } from '../files/hash-batch.ts';
import { isSchemaPath } from '../core/refs.ts';
import { BATCH, batchesOf, unsized, type Batch } from './batches.ts';
import { copyAt } from './conflicts.ts';
import { originOf } from './origin.ts';
import { isGrownStream } from './growing-streams.ts';
import { isMovedFile } from './moves.ts';
import { settle } from './settle.ts';
import { unlessRefused } from './unrecorded.ts';
import type { World } from './world.ts';

/** Batches in flight: a worker reads the next while the log syncs the last, and the catalog has a transaction's worth of them. */
const IN_FLIGHT = 8;
/** Bytes of documents that these hold, and one batch more. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** Fewer are compared when they are recorded, which spares an edit by hand the second look. */
const SURVEYED_FROM = 3;
const COPIES_AT_ONCE = 50;
/** Questions to the catalog before the event loop is given back. */
const ASKED_AT_ONCE = 200;

export interface FindingsOptions {
  /** The first index of a new root: nothing is known, nothing can have moved or come back. */
  readonly nothingKnown?: boolean;
}

/** Gathers paths, settles them in batches and keeps a few of these in flight. */
export class Findings {
  readonly #world: World;
  readonly #nothingKnown: boolean;
  readonly #running = new Set<Promise<void>>();
  #runningBytes = 0;
  /** Each once, with its size where that is known: a hint for a file and one for its directory find the same. */
  readonly #sizeByPath = new Map<string, number | null>();
  /** Looked at behind their originals. */
  readonly #copies = new Set<string>();
  /** Their files are those that were recorded, to all appearance: our own writes of a moment ago, first of all. */
  readonly #familiar = new Set<string>();
  #origin: Origin | null = null;
  #isCompared = false;
  /** Paths that the change set of `#origin` takes still. */
  #room = 0;
  #failure: unknown = null;

  constructor(world: World, { nothingKnown = false }: FindingsOptions = {}) {
    this.#world = world;
    this.#nothingKnown = nothingKnown;
  }

  /**
   * `size`: what was seen a moment ago; looked up when it is needed, without. `isFamiliar`: the stat is the recorded one, which
   * does not prove yet that the bytes are.
   */
  async add(path: string, size: number | null = null, isFamiliar = false): Promise<void> {
    if (copyAt(this.#world, path) !== null) return void this.#copies.add(path);
    this.#sizeByPath.set(path, size);
    if (isFamiliar) this.#familiar.add(path);
    // A first index starts at once: nothing it finds has to be compared with the rest.
    if (this.#sizeByPath.size >= (this.#nothingKnown ? BATCH : MOST_CHANGES)) await this.#flush();
  }

  /** Resolves when everything found is recorded, applied and announced. */
  async finish(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#running);
    await this.#settleCopies();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Each is a frame of its own; those under way together share a sync. */
  async #settleCopies(): Promise<void> {
    const copies = [...this.#copies];
    this.#copies.clear();
    const [origin, isCompared] = [this.#origin ?? originOf(this.#world, 'hand'), this.#isCompared];
    for (const { paths } of batchesOf(this.#world, unsized(copies), COPIES_AT_ONCE)) {
      await unlessRefused(this.#world, paths, async () => {
        await Promise.all(paths.map((path) => settle(this.#world, [path], { origin, isCompared })));
      });
    }
  }

  async #flush(): Promise<void> {
    const found = Array.from(this.#sizeByPath, ([path, size]) => ({ path, size }));
    this.#sizeByPath.clear();
    if (found.length === 0) return;
    const origin = await this.#originOf(found.map(({ path }) => path));
    // In force before any document is judged, or a new root would take for valid what its own schemas refuse.
    const schemas = found.filter(({ path }) => isSchemaPath(path));
    for (const batch of batchesOf(this.#world, schemas)) await this.#start(batch, origin);
    const others = schemas.length === 0 ? found : found.filter(({ path }) => !isSchemaPath(path));
    for (const batch of batchesOf(this.#world, others)) {
      void this.#start(batch, origin);
      while (this.#running.size >= IN_FLIGHT || this.#runningBytes >= IN_FLIGHT_BYTES)
        await Promise.race(this.#running);
    }
  }

  async #originOf(paths: readonly string[]): Promise<Origin> {
    this.#room -= paths.length;
    if (this.#origin !== null && this.#room >= 0) return this.#origin;
    this.#room = MOST_CHANGES - paths.length;
    this.#origin = await this.#comparedWithHistory(paths);
    return this.#origin;
  }

  /** Only what looks different can have been brought back, and no stream that grew. */
  async #comparedWithHistory(paths: readonly string[]): Promise<Origin> {
    if (this.#nothingKnown) return { ...originOf(this.#world, 'hand'), session: FIRST_SCAN };
    const origin = originOf(this.#world, 'hand');
    const isStrange = (path: string): boolean => !this.#familiar.delete(path) && !isGrownStream(this.#world, path);
    const strange = paths.filter(isStrange);
    this.#isCompared = strange.length >= SURVEYED_FROM;
    if (!this.#isCompared) return origin;
    return this.#world.restores.originOf(this.#world, await survey(this.#world, strange), origin);
  }

  #start(batch: Batch, origin: Origin): Promise<void> {
    const run = this.#settle(batch, origin).finally(() => {
      this.#running.delete(run);
      this.#runningBytes -= batch.bytes;
    });
    this.#running.add(run);
    this.#runningBytes += batch.bytes;
    return run;
  }

  /** Never rejects: `finish` tells what failed first. */
  async #settle({ paths }: Batch, origin: Origin): Promise<void> {
    try {
      const isCompared = this.#isCompared;
      await settle(this.#world, paths, { nothingKnown: this.#nothingKnown, origin, isCompared });
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

/** Reads the files once for their digests alone: what they are recorded as is decided from a second look, in their queues. */
async function survey(world: World, paths: readonly string[]): Promise<FoundChange[]> {
  const changes: FoundChange[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = paths.slice(start, start + BATCH);
    const hashed = await world.bulk.digests(batch);
    for (const [index, path] of batch.entries()) {
      if (index % ASKED_AT_ONCE === ASKED_AT_ONCE - 1) await world.clock.yieldTurn();
      const one = hashed[index];
      if (one === undefined || !isChanged(world, path, one)) continue;
      changes.push({ path, isReturn: isReturning(world, path, one) });
    }
  }
  return changes;
}

const isChanged = (world: World, path: string, { digest }: HashedFile): boolean =>
  digest !== null && digest !== world.catalog.head(path)?.diskDigest;

/** A file that was renamed back is a move, not a restore. */
const isReturning = (world: World, path: string, { digest, key }: HashedFile): boolean =>
  digest !== null &&
  key !== null &&
  world.catalog.hasVersionWith(path, digest) &&
  !isMovedFile(world, path, digest, identityIn(key));

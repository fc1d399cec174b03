/**
 * From opened parts to ready: the catalog catches up with the log, schemas come into force, redo completes what a crash cut
 * off, then the tree is watched and compared.
 */
import { CatalogError } from '../catalog/catalog-error.ts';
import type { ToApply } from '../catalog/types.ts';
import type { LoggedEntry, LoggedFrame } from '../core/events.ts';
import type { ReadinessReport } from '../core/requests.ts';
import { collectionOf, classify } from '../core/refs.ts';
import { judgeWithZod } from '../core/schemas/zod-schemas.ts';
import type { OpenOptions, Parts } from '../larder.ts';
import type { Wired } from './wire.ts';
import type { Hint } from '../files/types.ts';
import { startWatcher } from '../files/watcher/start.ts';
import { recallDeletions } from '../reconciler/absences.ts';
import { followReplaced } from '../maintain/prune/drop.ts';
import { decidedAbsences } from '../reconciler/decided-absences.ts';
import { bytesAnywhere } from '../reconciler/bodies.ts';
import { contentOf } from '../reconciler/content.ts';
import { recallOutage } from '../reconciler/out-of-reach.ts';
import { redo } from '../reconciler/redo.ts';
import { recallRestores } from '../reconciler/restores.ts';
import { letGoOfCopies, sweepTemps } from '../reconciler/rescue.ts';
import { rejudge } from '../reconciler/change-schema.ts';
import { compileSafely } from '../reconciler/compile-safely.ts';

const FRAMES_AT_ONCE = 32;
/** A full disk is asked again so often. */
const ROOM_MS = 500;

/** What the disk refuses just now, in words that a monitor can match. */
function troublesOfDisk({ recorder, backlog, checkpoints }: Wired['world']): string[] {
  return [
    ...(recorder.trouble ? ['catalog-unwritable'] : []),
    ...(recorder.logTrouble ? ['log-unwritable'] : []),
    ...(recorder.hasDoubts ? ['write-in-doubt'] : []),
    ...(backlog.reason ? [backlog.reason.code === 'disk_full' ? 'disk-full' : 'disk-failing'] : []),
    ...(backlog.hasUnrecorded ? ['unrecorded'] : []),
    ...(checkpoints.trouble ? ['sync-failing'] : []),
  ];
}

export class StartUp {
  readonly #wired: Wired;
  readonly #parts: Parts;
  readonly #options: OpenOptions;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  #stage: 'replaying' | 'scanning' | 'ready' | 'failed' = 'replaying';
  #looked = 0;
  #total: number | null = null;
  #stopped = false;
  /** It waits for the disk. */
  #noRoom = false;
  isCaughtUp = false;

  constructor(wired: Wired, parts: Parts, options: OpenOptions) {
    this.#wired = wired;
    this.#parts = parts;
    this.#options = options;
    // Whoever asks gets the rejection; nobody asking is no reason to end the process.
    this.#caughtUp.promise.catch(() => {});
    this.#ready.promise.catch(() => {});
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isReady(): boolean {
    return this.#stage === 'ready';
  }

  start(): void {
    this.#run().then(
      () => this.#ready.resolve(),
      (error: unknown) => this.#fail(error),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([this.#ready.promise]);
  }

  readiness(): ReadinessReport {
    const { world, reconciler } = this.#wired;
    const isRootThere = world.outOfReach.root() === null;
    const isLarderThere = this.#isLarderThere();
    const reasons = [
      ...(this.#stage === 'ready' ? [] : [this.#stage]),
      ...(isRootThere ? (isLarderThere ? [] : ['larder-missing']) : ['root-missing']),
      ...(this.#parts.place.isElsewhere ? ['catalog-elsewhere'] : []),
      ...(this.#noRoom ? ['disk-full'] : []),
      ...troublesOfDisk(world),
      ...(reconciler.troubles.length > 0 || (reconciler.watcher?.blind ?? 0) > 0 ? ['watcher-degraded'] : []),
      ...(world.swap.exchange ? [] : ['no-atomic-exchange']),
    ];
    return {
      ready: this.isReady && isRootThere && isLarderThere,
      reasons,
      durability: world.durability,
      scan: this.#progress(),
    };
  }

  /** What a failing disk does not say is told by other reasons. */
  #isLarderThere(): boolean {
    try {
      return this.#wired.world.fs.lstat(this.#parts.root.lockFile) !== undefined;
    } catch {
      return true;
    }
  }

  /** What lies beside the documents is looked at too: the total, which counts these alone, is never less than what was looked at. */
  #progress(): ReadinessReport['scan'] {
    const looked = this.#looked;
    const { ignored } = this.#wired.reconciler;
    if (this.isReady) return { looked, total: looked, ignored };
    return { looked, ignored, total: this.#total === null ? null : Math.max(looked, this.#total) };
  }

  async #run(): Promise<void> {
    const { world, reconciler } = this.#wired;
    for (const notice of world.events.notices) world.log.warn({ notice }, 'the event log was mended');
    const isFirst = world.events.lastSeq === 0;
    await this.#withRoom(async () => {
      await this.#catchUp();
      await this.#loadSchemas();
      await this.#redo();
    });
    this.isCaughtUp = true;
    this.#caughtUp.resolve();
    this.#stage = 'scanning';
    const collections = world.catalog.namespaces().flatMap(({ name }) => world.catalog.collections(name));
    this.#total = isFirst ? null : collections.reduce((sum, { count }) => sum + count, 0);
    await this.#watch();
    if (isFirst) world.firstIndex = { recorded: new Set(), folded: new Map() };
    await reconciler.rescan({ nothingKnown: isFirst, onProgress: (looked) => (this.#looked = looked) });
    world.firstIndex = null;
    // A directory that an older release listed as unreadable, and others that nothing else leads to.
    world.lookAgain(world.catalog.pathsWithRecorded('unreadable'));
    this.#stage = 'ready';
    if (this.#options.decideAbsences === true) await decidedAbsences(world, () => true);
  }

  #fail(error: unknown): void {
    this.#stage = 'failed';
    this.#wired.log.error({ err: error }, 'the first scan failed');
    this.#caughtUp.reject(error);
    this.#ready.reject(error);
  }

  async #watch(): Promise<void> {
    const { reconciler, world } = this.#wired;
    const choice = this.#options.watcher ?? 'auto';
    const { watch } = this.#parts.host;
    if (choice === 'none' && !watch) return;
    const { root, fs, clock } = world;
    const options = {
      root,
      onHint: (hint: Hint) => reconciler.hint(hint),
      onTrouble: (reason: string) => reconciler.rescanSoon(reason),
    };
    const watcher = watch?.(options) ?? startWatcher(choice === 'none' ? 'auto' : choice, { ...options, fs, clock });
    reconciler.watch(watcher);
    await watcher.ready;
  }

  /** Nobody waits for room that a replay would need: the catalog goes on where there is some, else as soon as there is. */
  async #withRoom(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof CatalogError) || error.failure !== 'full' || this.#stopped) throw error;
        this.#noRoom = true;
        if (this.#parts.place.moveElsewhere())
          this.#wired.log.warn({}, 'the disk is full: the catalog works elsewhere');
        else await new Promise<void>((resolve) => void this.#wired.world.clock.after(ROOM_MS, resolve));
      } finally {
        this.#noRoom = false;
      }
    }
  }

  /** Replays what the catalog has not seen; everything, when it is new. */
  async #catchUp(): Promise<void> {
    const { world } = this.#wired;
    let batch: ToApply[] = [];
    for (const frame of world.events.read(world.catalog.reached)) {
      if (this.#stopped) return;
      if (frame.type !== 'events') continue;
      batch.push(this.#toApply(frame));
      if (batch.length < FRAMES_AT_ONCE) continue;
      await world.catalog.apply(batch);
      batch = [];
      await world.clock.yieldTurn();
    }
    await world.catalog.apply(batch);
    await followReplaced(world, world.catalog.isNew);
    world.recorder.caughtUp();
  }

  #toApply(frame: Extract<LoggedFrame, { type: 'events' }>): ToApply {
    const { world } = this.#wired;
    const content = ({ path, body, digest }: LoggedEntry): ReturnType<typeof contentOf> | null => {
      if (digest === null) throw new Error('a valid version has a digest');
      // Pruned, forgotten or damaged since: a later version has a text, and of the newest the file has the bytes.
      const bytes = bytesAnywhere(world, path, { body, digest });
      return bytes && contentOf(bytes, null);
    };
    return { frame, content, seen: () => undefined };
  }

  async #loadSchemas(): Promise<void> {
    const { world } = this.#wired;
    for (const [collection, zod] of Object.entries(this.#options.schemas ?? {})) {
      world.schemas.fix(collection, { schema: judgeWithZod(zod), source: null });
    }
    for (const path of world.catalog.schemaPaths()) await this.#loadSchema(path);
    await rejudge(world);
  }

  async #loadSchema(path: string): Promise<void> {
    const { world } = this.#wired;
    const head = world.catalog.head(path);
    const collection = collectionOf(classify(path));
    if (!head?.servedDigest || !head.servedBody) return world.schemas.setUnusable(collection);
    const bytes = bytesAnywhere(world, path, { body: head.servedBody, digest: head.servedDigest });
    if (bytes === null) return world.schemas.setUnusable(collection);
    const text = new TextDecoder().decode(bytes);
    const outcome = await compileSafely(world, text);
    if (outcome.kind === 'usable')
      world.schemas.set(collection, { schema: outcome.schema, source: { text, digest: head.servedDigest } });
    else world.schemas.setUnusable(collection);
  }

  async #redo(): Promise<void> {
    const { world } = this.#wired;
    recallDeletions(world);
    recallRestores(world);
    for (const place of world.catalog.pathsWithRecorded('held')) recallHeld(world, place);
    for (const path of world.catalog.pathsWithRecorded('conflict')) {
      for (const { code, errors } of world.catalog.problemsOf(path))
        if (code === 'conflict') world.conflicts.load(path, errors);
    }
    // Before redo: what redo itself brings out of the tree may still be written to, and waits as long as any displaced file.
    const left = await sweepTemps(world, this.#parts.root.tmp);
    if (world.without.has('redo')) return;
    const report = await redo(world);
    letGoOfCopies(world, left);
    if (report.written.length + report.removed.length + report.refused.length > 0)
      world.log.warn({ ...report }, 'redo completed what a crash cut off');
  }
}

function recallHeld(world: Wired['world'], place: string): void {
  const faults = world.catalog.problemsOf(place).flatMap(({ code, errors }) => (code === 'held' ? errors : []));
  if (!recallOutage(world, place, faults)) world.absences.held.add(place);
}

/** What looks after a root that is open: its own group of the front door, because nothing of it serves a document. */
import { openCatalogAudit } from '../catalog/audit.ts';
import { catalogFile } from '../catalog/catalog.ts';
import { LarderError } from '../core/errors.ts';
import type { Seq } from '../core/events.ts';
import type { Who } from '../core/requests.ts';
import type { Keep } from '../core/retention.ts';
import { isKernelError } from '../host/durable-files.ts';
import type { Timer } from '../host/ports.ts';
import type { Parts } from '../larder.ts';
import type { Wired } from './wire.ts';
import { ClockTrust } from '../maintain/prune/clock-trust.ts';
import { forget } from '../maintain/prune/forget.ts';
import { prune } from '../maintain/prune/prune.ts';
import type { ForgetReport, History, PruneReport } from '../maintain/prune/types.ts';
import { verify, type VerifyListener } from '../maintain/verify/verify.ts';
import type { VerifySummary } from '../maintain/verify/types.ts';
import { followReplaced, replacedUntold } from '../maintain/prune/drop.ts';
import { outOfReach } from '../reconciler/out-of-reach.ts';
import { Scrubber, type ScrubReport } from '../reconciler/scrubber.ts';
import { settle } from '../reconciler/settle.ts';
import { openHistorySize, type HistorySize } from './history-size.ts';
import { normalise, type NormaliseReport } from './normalise.ts';
import { keepOf, settledSeq, settleUpTo } from './retention.ts';
import { suspectsAgain } from './suspects.ts';

export interface ForgetOptions {
  readonly dryRun: boolean;
  readonly only?: readonly Seq[];
}

export interface Maintenance {
  /** Proves that files, log, catalog and text index agree. Changes nothing but what a rescan finds. One at a time: `busy`. */
  verify(listener: VerifyListener): Promise<VerifySummary>;
  /** Size of the history, and room on the disk. Cheap: looked up every few seconds at most. */
  history(): HistorySize;
  /** Thins the history as collections and configuration say. Throws `conflict` when the clock cannot be believed, `busy`. */
  prune(options: { readonly dryRun: boolean }): Promise<PruneReport>;
  /**
   * Removes the bytes of versions of a path (below the root) that its file does not hold any more; all of them, or one. `only`: the
   * `forgotten` of a dry run; throws `conflict` where it would be others by now.
   */
  forget(path: string, seq: Seq | null, options?: ForgetOptions): Promise<ForgetReport>;
  /** Lays documents out anew, as one change set. Their values stay. `indent`: spaces. Throws `not_found`, `too_large`. */
  normalise(
    asked: { readonly paths: readonly string[]; readonly indent: number | 'tab'; readonly dryRun: boolean },
    who: Who,
  ): Promise<NormaliseReport>;
  /** Reads the next files of the running round again, as idle time does (reconciler/scrubber.ts). */
  scrub(most: number): Promise<ScrubReport>;
}

const DISK_EVERY_MS = 60_000;

export class OpenMaintenance implements Maintenance {
  readonly #wired: Wired;
  readonly #parts: Parts;
  readonly #ready: () => Promise<void>;
  readonly #scrubber: Scrubber;
  readonly history: () => HistorySize;
  readonly #keep: Keep;
  readonly #clockTrust: ClockTrust;
  #watching: Timer | null = null;
  #running: Promise<unknown> | null = null;
  #isClosed = false;

  constructor(wired: Wired, parts: Parts, keep: Keep, ready: () => Promise<void>) {
    this.#keep = keep;
    this.#wired = wired;
    this.#parts = parts;
    this.#ready = ready;
    this.history = openHistorySize(wired.world);
    this.#clockTrust = new ClockTrust(parts.host.clock, parts.events);
    this.#scrubber = new Scrubber(wired.world, parts.root.derived);
  }

  /** Once the first scan is done. */
  start(): void {
    this.#scrubber.start();
    this.#watchDisk();
  }

  /** Waits for what is running, which ends at its next segment or batch: once the lock is free the log is another process's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watching?.cancel();
    await this.#scrubber.close();
    if (this.#running) await Promise.allSettled([this.#running]);
    await this.#noteClock();
  }

  /** A disk that fills is told in the log, whoever asks; a clock that jumps is noticed; and what the disk kept back is done. */
  #watchDisk(): void {
    this.history();
    void this.#noteClock();
    this.#tellReplaced();
    this.#watching = this.#parts.host.clock.after(DISK_EVERY_MS, () => this.#watchDisk());
  }

  /** A clock that is not believed is not believed by the next process either. What the disk refuses is tried a minute later. */
  async #noteClock(): Promise<void> {
    const { leftMs } = this.#clockTrust;
    const { events } = this.#parts;
    if ((leftMs === null) !== (events.clockLeftMs === null)) await events.noteClockLeft(leftMs).catch(() => {});
  }

  /** A disk that failed right after a segment was written anew kept the catalog from being told. */
  #tellReplaced(): void {
    const { world } = this.#wired;
    if (this.#running !== null || replacedUntold(world).length === 0) return;
    this.#running = followReplaced(world, false)
      .catch((error: unknown) =>
        world.log.warn({ err: error }, 'where versions lie in a segment that was written anew'),
      )
      .finally(() => (this.#running = null));
  }

  async scrub(most: number): Promise<ScrubReport> {
    await this.#ready();
    return this.#scrubber.step(most);
  }

  verify(listener: VerifyListener): Promise<VerifySummary> {
    return this.#alone('a verification', () => this.#verify(listener));
  }

  prune({ dryRun }: { readonly dryRun: boolean }): Promise<PruneReport> {
    return this.#alone('pruning', async () => {
      await this.#noteClock();
      return prune(this.#history(), dryRun);
    });
  }

  forget(path: string, seq: Seq | null, { dryRun, only }: ForgetOptions = { dryRun: false }): Promise<ForgetReport> {
    const { world } = this.#wired;
    const settled = (upTo: Seq): Promise<void> => settleUpTo(world, upTo, () => this.#refuseStopping());
    return this.#alone('forgetting', async () => {
      // Whoever has just taken a secret out of a file means what the file holds now.
      if (world.catalog.head(path)) await settle(world, [path]);
      return forget(this.#history(), { path, seq, only: only ?? null, settle: settled, dryRun });
    });
  }

  normalise({ paths, indent, dryRun }: Parameters<Maintenance['normalise']>[0], who: Who): Promise<NormaliseReport> {
    const unit = indent === 'tab' ? '\t' : ' '.repeat(indent);
    return this.#alone('laying out', () => normalise(this.#wired.world, { paths, unit }, who, dryRun));
  }

  #history(): History {
    const { world } = this.#wired;
    return {
      ...world,
      clockTrust: this.#clockTrust,
      refuseStopping: () => this.#refuseStopping(),
      settledSeq: () => settledSeq(world),
      isBeingNamed: (digest) => world.recorder.isNaming(digest),
      keepOf: (collection) => keepOf(world, collection, this.#keep),
    };
  }

  async #verify({ finding, progress }: VerifyListener): Promise<VerifySummary> {
    const { world, reconciler } = this.#wired;
    const { root, host, events, bulk, place } = this.#parts;
    const listener: VerifyListener = {
      finding,
      progress: (how) => {
        this.#refuseStopping();
        progress(how);
      },
    };
    listener.progress({ stage: 'rescan', done: 0, total: null });
    await reconciler.rescan();
    const outage = world.outOfReach.root();
    if (outage) throw outOfReach(outage, root.path);
    // As a minute later without a verification.
    await followReplaced(world, false);
    const upTo = world.recorder.announcedSeq;
    using audit = openCatalogAudit(catalogIn(world, place.directory));
    return await verify(
      {
        ...host,
        root: root.path,
        isLive: true,
        blobs: world.blobs,
        bulk,
        survey: events.survey(),
        audit,
        upTo,
        readStored: (place, digest) => events.readBody(place, digest),
        lookAgain: (suspects) => suspectsAgain(world, suspects),
      },
      listener,
    );
  }

  /** Maintenance reads the whole tree or replaces segments: never two at once. */
  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    await this.#ready();
    this.#refuseStopping();
    if (this.#running)
      throw new LarderError('busy', `${what} has to wait: other maintenance runs`, { headers: { 'Retry-After': '5' } });
    const running = work()
      .catch((error: unknown) => refuse(what, error))
      .finally(() => (this.#running = null));
    this.#running = running;
    return running;
  }

  #refuseStopping(): void {
    if (this.#isClosed) throw new LarderError('stopping', 'the root is being closed; maintenance ends here');
  }
}

/** What the kernel refuses (a log that was moved away, a disk that fails) is told as that, with the call; it is no fault of ours. */
function refuse(what: string, error: unknown): never {
  if (!isKernelError(error)) throw error;
  throw new LarderError('disk_failed', `${what} ended: ${error.message}`, { cause: error });
}

/** Whoever removes it from a daemon that runs gets every answer all the same: SQLite has the file open. */
function catalogIn({ fs }: Wired['world'], derived: string): string {
  const file = catalogFile(derived);
  if (fs.lstat(file) !== undefined) return file;
  throw new LarderError('conflict', `${file} was removed while Larder was running: nothing can be compared with it`, {
    members: { hint: 'Start Larder anew: it makes the catalog again from the log and the files.' },
  });
}

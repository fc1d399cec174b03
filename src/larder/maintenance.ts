/** What looks after a root that is open: its own group of the front door, because nothing of it serves a document. */
import { openCatalogAudit } from '../catalog/audit.ts';
import { catalogFile } from '../catalog/catalog.ts';
import { LarderError } from '../core/errors.ts';
import type { Parts, Wired } from '../larder.ts';
import { verify, type VerifyListener } from '../maintain/verify/verify.ts';
import type { VerifySummary } from '../maintain/verify/types.ts';
import { Scrubber, type ScrubReport } from '../reconciler/scrubber.ts';
import { suspectsAgain } from './suspects.ts';

export interface Maintenance {
  /** Proves that files, log, catalog and text index agree. Changes nothing but what a rescan finds. One at a time: `busy`. */
  verify(listener: VerifyListener): Promise<VerifySummary>;
  /** Reads the next files of the running round again, as idle time does (reconciler/scrubber.ts). */
  scrub(most: number): Promise<ScrubReport>;
}

export class OpenMaintenance implements Maintenance {
  readonly #wired: Wired;
  readonly #parts: Parts;
  readonly #ready: () => Promise<void>;
  readonly #scrubber: Scrubber;
  #running = false;

  constructor(wired: Wired, parts: Parts, ready: () => Promise<void>) {
    this.#wired = wired;
    this.#parts = parts;
    this.#ready = ready;
    this.#scrubber = new Scrubber(wired.world, parts.root.derived);
  }

  /** Once the first scan is done. */
  start(): void {
    this.#scrubber.start();
  }

  close(): Promise<void> {
    return this.#scrubber.close();
  }

  async scrub(most: number): Promise<ScrubReport> {
    await this.#ready();
    return this.#scrubber.step(most);
  }

  verify(listener: VerifyListener): Promise<VerifySummary> {
    return this.#alone('a verification', () => this.#verify(listener));
  }

  async #verify(listener: VerifyListener): Promise<VerifySummary> {
    const { world, reconciler } = this.#wired;
    const { root, host, events, bulk } = this.#parts;
    listener.progress({ stage: 'rescan', done: 0, total: null });
    await reconciler.rescan();
    const upTo = world.recorder.announcedSeq;
    using audit = openCatalogAudit(catalogFile(root.derived));
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
        lookAgain: (suspects) => suspectsAgain(world, suspects),
      },
      listener,
    );
  }

  /** Maintenance reads the whole tree or replaces segments: never two at once. */
  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    await this.#ready();
    if (this.#running)
      throw new LarderError('busy', `${what} has to wait: other maintenance runs`, { headers: { 'Retry-After': '5' } });
    this.#running = true;
    try {
      return await work();
    } finally {
      this.#running = false;
    }
  }
}

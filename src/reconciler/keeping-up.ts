/**
 * Brings the catalog what is history already. It gathers frames and commits them together; where that fails (disk full), all of them
 * are applied again, in their order and before anything later, until it can take them.
 *
 *   take() --gathered--> committed
 *      |                    |
 *      |                  failed --> behind --applied again--> caught up
 *      +--applied at once, again and again --------^
 *
 * Whoever made a frame is not kept waiting for that: it is in the log and its files are in place. New ones are refused meanwhile.
 */
import type { Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import type { Catalog, ToApply } from '../catalog/types.ts';

export interface KeepingUpOptions {
  readonly catalog: Catalog;
  readonly retryDelay: () => Promise<void>;
  /** What could not be committed is known now. */
  readonly onCaughtUp: () => void;
}

export class KeepingUp {
  readonly #catalog: Catalog;
  readonly #retryDelay: () => Promise<void>;
  readonly #onCaughtUp: () => void;
  #reachedSeq: Seq;
  #gatheredSeq: Seq = 0;
  #trouble: Error | null = null;
  /** What the catalog had gathered and could not commit, until it is applied. */
  readonly #behind: ToApply[] = [];
  #catchingUp: Promise<void> | null = null;

  constructor({ catalog, retryDelay, onCaughtUp }: KeepingUpOptions) {
    this.#catalog = catalog;
    this.#retryDelay = retryDelay;
    this.#onCaughtUp = onCaughtUp;
    this.#reachedSeq = catalog.reached;
  }

  /** Newest seq that a reader finds. */
  get reachedSeq(): Seq {
    // Asking how far the catalog is commits what it had gathered: nothing is announced that a reader would not find.
    if (this.#gatheredSeq > this.#reachedSeq && this.#catalog.reached >= this.#gatheredSeq)
      this.#reachedSeq = this.#gatheredSeq;
    return this.#reachedSeq;
  }

  /** After a replay: everything applied may be known. */
  caughtUp(): void {
    this.#reachedSeq = this.#catalog.reached;
  }

  /** Why the catalog does not keep up just now, or null. */
  get trouble(): Error | null {
    return this.#trouble;
  }

  /** Throws while the catalog does not know all that is recorded. */
  refuseBehind(): void {
    if (this.#trouble === null) return;
    const isFull = this.#trouble instanceof CatalogError && this.#trouble.failure === 'full';
    const detail = `nothing is recorded until the catalog keeps up: ${this.#trouble.message}`;
    throw new LarderError(isFull ? 'disk_full' : 'disk_failed', detail);
  }

  /** `release` is called as soon as the frames turn out to wait for the catalog's disk. Resolves once they are gathered or applied. */
  async take(frames: readonly ToApply[], lastSeq: Seq, release: () => void): Promise<void> {
    await this.#afterCatchingUp(release);
    if (this.#gather(frames)) {
      this.#gatheredSeq = lastSeq;
      return;
    }
    // What was gathered before may have failed just now; the next turn says so.
    await Promise.resolve();
    await this.#afterCatchingUp(release);
    await this.#applyUntilDone(frames, release);
    this.#reachedSeq = Math.max(this.#reachedSeq, lastSeq);
  }

  /** What could not be committed goes first. */
  async #afterCatchingUp(release: () => void): Promise<void> {
    if (this.#catchingUp === null) return;
    release();
    await this.#catchingUp;
  }

  /** False where they have to be applied now; that also tells why nothing could be gathered. */
  #gather(frames: readonly ToApply[]): boolean {
    const committed = this.#tryToGather(frames);
    if (committed === null) return false;
    committed.catch((error: unknown) => this.#notCommitted(frames, error));
    return true;
  }

  #tryToGather(frames: readonly ToApply[]): Promise<void> | null {
    try {
      return this.#catalog.gather(frames);
    } catch {
      return null;
    }
  }

  /** All that was gathered comes here, in its order. */
  #notCommitted(frames: readonly ToApply[], error: unknown): void {
    if (isClosed(error)) return;
    this.#isBehindBy(error);
    this.#behind.push(...frames);
    this.#catchingUp ??= this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    await this.#retryDelay();
    while (this.#behind.length > 0) await this.#applyUntilDone(this.#behind.splice(0), () => {});
    this.#catchingUp = null;
    this.#onCaughtUp();
  }

  async #applyUntilDone(frames: readonly ToApply[], onFailure: () => void): Promise<void> {
    for (;;) {
      try {
        await this.#catalog.apply(frames);
        this.#trouble = null;
        return;
      } catch (error) {
        if (isClosed(error)) return onFailure();
        this.#isBehindBy(error);
        onFailure();
        await this.#retryDelay();
      }
    }
  }

  /** That later frames wait for an earlier one is no news beside the reason why that one waits. */
  #isBehindBy(error: unknown): void {
    if (this.#trouble !== null && error instanceof CatalogError && error.failure === 'behind') return;
    this.#trouble = error instanceof Error ? error : new Error(String(error));
  }
}

const isClosed = (error: unknown): boolean => error instanceof CatalogError && error.failure === 'closed';

/** Seqs that are in the log and must never become known: each is owed an abort frame, which the log refused so far. */
import type { EventFrame, Seq } from '../core/events.ts';
import type { EventLog } from '../events/types.ts';

export interface Payment {
  readonly seqs: readonly Seq[];
  readonly synced: Promise<void>;
}

export class Doubts {
  readonly #log: EventLog;
  readonly #pathBySeq = new Map<Seq, string>();
  #isPaying = false;
  readonly #waiting: (() => void)[] = [];

  constructor(log: EventLog) {
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#pathBySeq.size === 0;
  }

  has(path: string): boolean {
    return !this.isEmpty && [...this.#pathBySeq.values()].includes(path);
  }

  add({ entries }: EventFrame): void {
    for (const { seq, path } of entries) this.#pathBySeq.set(seq, path);
  }

  /** Appends the abort of all of them; null when there is none to append, or one is on its way. Throws as an append does. */
  pay(): Payment | null {
    if (this.isEmpty || this.#isPaying) return null;
    const seqs = [...this.#pathBySeq.keys()];
    const { synced } = this.#log.append({ type: 'abort', seqs });
    this.#isPaying = true;
    return { seqs, synced };
  }

  paid(seqs: readonly Seq[]): void {
    this.#isPaying = false;
    for (const seq of seqs) this.#pathBySeq.delete(seq);
    this.tellCertain();
  }

  refused(): void {
    this.#isPaying = false;
  }

  onceCertain(run: () => void): void {
    this.#waiting.push(run);
  }

  /** To be called when the log took a frame. */
  tellCertain(): void {
    if (!this.isEmpty) return;
    for (const run of this.#waiting.splice(0)) run();
  }
}

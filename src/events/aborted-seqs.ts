/**
 * Entries that were synced and then taken back. The frame that does so comes later than they do, nearly always in the same
 * segment: so a segment is looked through for such frames before it is read. Those that lie in a later segment are listed in
 * the log's identity.
 */
import type { Seq } from '../core/events.ts';

/** The segment that grows, and one that is being read. */
const MOST_SEGMENTS = 2;

export class AbortedSeqs {
  readonly #elsewhere: Set<Seq>;
  readonly #seqsBySegment = new Map<Seq, Set<Seq>>();

  constructor(elsewhere: Iterable<Seq>) {
    this.#elsewhere = new Set(elsewhere);
  }

  has(segment: Seq, seq: Seq): boolean {
    return this.#elsewhere.has(seq) || (this.#seqsBySegment.get(segment)?.has(seq) ?? false);
  }

  /** Knows all of a segment from now on; `scan` is asked only if it does not already. */
  know(segment: Seq, scan: () => Iterable<Seq>): void {
    if (this.#seqsBySegment.has(segment)) return;
    const [oldest] = this.#seqsBySegment.keys();
    if (this.#seqsBySegment.size >= MOST_SEGMENTS && oldest !== undefined) this.#seqsBySegment.delete(oldest);
    this.#seqsBySegment.set(segment, new Set(scan()));
  }

  /** A frame that was just synced in the segment that grows. */
  note(segment: Seq, seqs: readonly Seq[], elsewhere: readonly Seq[]): void {
    for (const seq of seqs) this.#seqsBySegment.get(segment)?.add(seq);
    for (const seq of elsewhere) this.#elsewhere.add(seq);
  }
}

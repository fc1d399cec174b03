/** The last versions of each stream of a log that is being read: one that grew is kept as what was appended to one of them. */
import type { LoggedEntry, Seq } from '../../core/events.ts';
import type { KeptVersion } from '../../core/grown-bytes.ts';
import { classify } from '../../core/refs.ts';

/** A version that is kept whole, and what was appended to it. */
type Chain = readonly Seq[];

/** Writes that were refused since a stream grew last, and lie in the log as if they had been made. */
const MOST_REFUSED = 16;

export class RecentStreams {
  readonly #bySeq = new Map<Seq, KeptVersion>();
  readonly #chainsByPath = new Map<string, readonly Chain[]>();

  get(seq: Seq): KeptVersion | undefined {
    return this.#bySeq.get(seq);
  }

  note({ path, seq, digest, body }: LoggedEntry): void {
    if (digest === null || classify(path).kind !== 'stream') return;
    this.#bySeq.set(seq, { digest, body });
    const chains = this.#chainsByPath.get(path) ?? [];
    this.#chainsByPath.set(path, body.in === 'tail' ? longer(chains, body.base, seq) : this.#forgetting(chains, seq));
  }

  /** A new chain; of those before it the last one with links may still grow, if what came since was refused. */
  #forgetting(chains: readonly Chain[], seq: Seq): readonly Chain[] {
    const grown = chains.findLastIndex((chain) => chain.length > 1);
    const first = Math.max(grown, chains.length - MOST_REFUSED, 0);
    for (const former of chains.slice(0, first).flat()) this.#bySeq.delete(former);
    return [...chains.slice(first), [seq]];
  }
}

const longer = (chains: readonly Chain[], base: Seq, seq: Seq): readonly Chain[] =>
  chains.map((chain) => (chain.at(-1) === base ? [...chain, seq] : chain));

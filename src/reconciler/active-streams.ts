/** What is remembered of the streams that grow just now, in memory alone: losing it costs a read. */
import type { Head } from '../catalog/types.ts';
import type { Chain } from '../core/grown-bytes.ts';
import type { Seq } from '../core/events.ts';
import type { KnownBeginning } from '../files/growth.ts';
import type { Clock } from '../host/ports.ts';

/** Each holds 2 KB and the last 64 KiB. */
const MOST_BEGINNINGS = 64;
/** Some hundred bytes each. */
const MOST_NOTES = 4096;
/** Appends within this time are one event. */
const GATHERED_MS = 1000;

export interface ChainOfVersion extends Chain {
  /** The version that is read through it. */
  readonly seq: Seq;
}

export class ActiveStreams {
  readonly #clock: Clock;
  readonly #lookAgain: (paths: readonly string[]) => void;
  /** Least recently used first, all three. */
  readonly #beginnings = new Map<string, KnownBeginning>();
  readonly #chains = new Map<string, ChainOfVersion>();
  /** When growth was recorded last, by the monotonic clock. */
  readonly #recordedMs = new Map<string, number>();
  /** Paths that are looked at when their time has come. */
  readonly #waiting = new Set<string>();

  constructor(clock: Clock, lookAgain: (paths: readonly string[]) => void) {
    this.#clock = clock;
    this.#lookAgain = lookAgain;
  }

  /** Only what is known of this very version. */
  get(path: string, { diskDigest, servedSize }: Head): KnownBeginning | undefined {
    const known = this.#beginnings.get(path);
    return known?.digest === diskDigest && known.size === servedSize ? known : undefined;
  }

  set(path: string, known: KnownBeginning): void {
    putLast(this.#beginnings, path, known, MOST_BEGINNINGS);
  }

  chain(path: string): ChainOfVersion | undefined {
    return this.#chains.get(path);
  }

  setChain(path: string, chain: ChainOfVersion): void {
    putLast(this.#chains, path, chain, MOST_NOTES);
  }

  recorded(path: string): void {
    putLast(this.#recordedMs, path, this.#clock.monotonicMs(), MOST_NOTES);
  }

  /**
   * Whether a hint at a stream may wait, because an append to it was recorded a moment ago, and nothing else happened to it than
   * perhaps another: it is looked at in time.
   */
  postpones(path: string, mayHaveGrown: (path: string) => boolean): boolean {
    const sinceMs = this.#clock.monotonicMs() - (this.#recordedMs.get(path) ?? -Infinity);
    if (sinceMs >= GATHERED_MS || !mayHaveGrown(path)) return false;
    if (this.#waiting.has(path)) return true;
    this.#waiting.add(path);
    this.#clock.after(GATHERED_MS - sinceMs, () => {
      this.#waiting.delete(path);
      this.#lookAgain([path]);
    });
    return true;
  }
}

function putLast<Value>(map: Map<string, Value>, path: string, value: Value, most: number): void {
  map.delete(path);
  map.set(path, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

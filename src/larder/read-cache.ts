/** Served documents by path, as long as the file's stat identity stays what it was when they were read. Bounded in bytes. */
import type { Served } from '../core/requests.ts';
import type { StatKey } from '../core/stat-key.ts';

export interface Cached {
  readonly key: StatKey;
  readonly served: Served;
}

const OVERHEAD_BYTES = 400;

export class ReadCache {
  /** Least recently used first: a hit is put in again at the end. */
  readonly #entries = new Map<string, Cached>();
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(path: string, key: StatKey): Served | undefined {
    const cached = this.#entries.get(path);
    if (cached?.key !== key) return undefined;
    this.#entries.delete(path);
    this.#entries.set(path, cached);
    return cached.served;
  }

  set(path: string, cached: Cached): void {
    this.delete(path);
    const cost = costOf(cached);
    if (cost > this.#limitBytes / 8) return;
    this.#entries.set(path, cached);
    this.#bytes += cost;
    this.#evict();
  }

  delete(path: string): void {
    const cached = this.#entries.get(path);
    if (!cached) return;
    this.#entries.delete(path);
    this.#bytes -= costOf(cached);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #evict(): void {
    for (const path of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.delete(path);
    }
  }
}

const costOf = ({ served }: Cached): number => served.bytes.length + OVERHEAD_BYTES;

/**
 * Mutual exclusion by key: one critical section a key, first come first served. Several keys are taken in byte order, so
 * that two takers of overlapping sets can never wait for each other.
 */
type Release = () => void;

export class KeyedQueue {
  /** The tail of each key's queue; a key without waiters has no entry. */
  readonly #tails = new Map<string, Promise<void>>();

  /** True when nobody holds or awaits the key. */
  isFree(key: string): boolean {
    return !this.#tails.has(key);
  }

  async run<T>(key: string, section: () => Promise<T> | T): Promise<T> {
    const release = await this.#take(key);
    try {
      return await section();
    } finally {
      release();
    }
  }

  /** Holds all keys at once. Duplicates are allowed. */
  async runAll<T>(keys: Iterable<string>, section: () => Promise<T> | T): Promise<T> {
    const held: Release[] = [];
    try {
      for (const key of [...new Set(keys)].toSorted(byCodeUnits)) held.push(await this.#take(key));
      return await section();
    } finally {
      for (const release of held) release();
    }
  }

  #take(key: string): Promise<Release> | Release {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    const release = (): void => {
      if (this.#tails.get(key) === promise) this.#tails.delete(key);
      resolve();
    };
    return before ? before.then(() => release) : release;
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Calls of workers that run while more is read: a few at a time, so that what they were given does not pile up. */
const MOST = 3;

export class InFlight {
  readonly #running = new Set<Promise<void>>();

  /** Comes back when another call may be started. Rejects as a call did. */
  async add(call: Promise<void>): Promise<void> {
    const work = call.finally(() => void this.#running.delete(work));
    // Told to whoever waits for it; when nothing can be read on, nobody does.
    work.catch(() => {});
    this.#running.add(work);
    if (this.#running.size >= MOST) await Promise.race(this.#running);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#running);
  }
}

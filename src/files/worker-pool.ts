/**
 * A few worker threads that start when there is work and end when there was none for a while, so that a daemon at rest holds
 * no memory for them. A worker that dies is replaced, and what it was doing is tried once more.
 */
import { LarderError } from '../core/errors.ts';
import type { Clock, Timer } from '../host/ports.ts';
import { WorkerSeat, type Job } from './worker-seat.ts';

export interface PoolOptions {
  readonly script: URL;
  /** Handed to each worker as `workerData`. */
  readonly start: unknown;
  readonly most: number;
  readonly idleMs: number;
  readonly clock: Clock;
}

/** A worker has its next job before it has finished the last, so that it never waits for the event loop here. */
const JOBS_A_WORKER = 2;
const MOST_DEATHS = 2;

export class WorkerPool<Request, Reply> implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #seats = new Set<WorkerSeat<Request, Reply>>();
  #waiting: Job<Request, Reply>[] = [];
  #idle: Timer | null = null;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Threads that run now. */
  get size(): number {
    return this.#seats.size;
  }

  ask(request: Job<Request, Reply>['request']): Promise<Reply> {
    if (this.#closed) return Promise.reject(new LarderError('stopping', 'the worker threads are stopped'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject, deaths: 0 });
      this.#assign();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) job.reject(new LarderError('stopping', 'the worker threads are stopped'));
    await this.#retireAll();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const seat = this.#seatWithRoom();
      const job = seat && this.#waiting.shift();
      if (!seat || !job) return;
      seat.give(job);
    }
    this.#watchIdleness();
  }

  /** A free one, else a new one, else one that is nearly done. */
  #seatWithRoom(): WorkerSeat<Request, Reply> | undefined {
    const [leastBusy] = [...this.#seats].toSorted((a, b) => a.load - b.load);
    if (leastBusy?.load === 0) return leastBusy;
    if (this.#seats.size < this.#options.most) return this.#takeSeat();
    return leastBusy && leastBusy.load < JOBS_A_WORKER ? leastBusy : undefined;
  }

  #takeSeat(): WorkerSeat<Request, Reply> {
    const { script, start } = this.#options;
    const seat = WorkerSeat.take<Request, Reply>({
      script,
      start,
      onFree: () => this.#assign(),
      onDeath: (unfinished, reason) => this.#afterDeath(seat, unfinished, reason),
    });
    this.#seats.add(seat);
    return seat;
  }

  #afterDeath(seat: WorkerSeat<Request, Reply>, unfinished: readonly Job<Request, Reply>[], reason: Error): void {
    this.#seats.delete(seat);
    const [guilty, ...others] = unfinished;
    this.#waiting.unshift(...others);
    if (guilty) this.#retry(guilty, reason);
    this.#assign();
  }

  #retry(job: Job<Request, Reply>, reason: Error): void {
    job.deaths += 1;
    if (job.deaths >= MOST_DEATHS || this.#closed) job.reject(reason);
    else this.#waiting.unshift(job);
  }

  #watchIdleness(): void {
    this.#idle?.cancel();
    this.#idle = this.#options.clock.after(this.#options.idleMs, () => void this.#retireIdle());
  }

  async #retireIdle(): Promise<void> {
    const isIdle = [...this.#seats].every(({ load }) => load === 0);
    if (isIdle && this.#waiting.length === 0) await this.#retireAll();
  }

  async #retireAll(): Promise<void> {
    const seats = [...this.#seats];
    this.#seats.clear();
    await Promise.all(seats.map((seat) => seat.retire()));
  }
}

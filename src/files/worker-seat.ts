import { Worker } from 'node:worker_threads';
import { LarderError } from '../core/errors.ts';

/** A piece of work, and who waits for it. */
export interface Job<Request, Reply> {
  /** Made for the worker that gets it: `known` are the texts it was sent before, and takes those it is sent now. */
  readonly request: (known: Set<string>) => Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  /** Workers that died while it was their turn. */
  deaths: number;
}

export interface SeatOptions<Request, Reply> {
  readonly script: URL;
  readonly start: unknown;
  readonly onFree: () => void;
  /** The worker ended by itself; `unfinished` were not answered, the first of them was being worked on. */
  readonly onDeath: (unfinished: readonly Job<Request, Reply>[], reason: Error) => void;
}

/** Batches are short-lived: without a limit the young generation takes 100 MB before it is collected. */
const LIMITS = { maxYoungGenerationSizeMb: 16 };

type Answered<Reply> = { readonly id: number } & ({ readonly reply: Reply } | { readonly error: string });

/** One worker thread and the jobs it was given. It keeps the process alive only while it has some. */
export class WorkerSeat<Request, Reply> {
  readonly #worker: Worker;
  readonly #options: SeatOptions<Request, Reply>;
  readonly #jobs = new Map<number, Job<Request, Reply>>();
  readonly #known = new Set<string>();
  #nextId = 0;
  #reason = new Error('a worker thread ended by itself');
  #retired = false;

  private constructor(worker: Worker, options: SeatOptions<Request, Reply>) {
    this.#worker = worker;
    this.#options = options;
  }

  static take<Request, Reply>(options: SeatOptions<Request, Reply>): WorkerSeat<Request, Reply> {
    const worker = new Worker(options.script, {
      workerData: options.start,
      execArgv: [],
      name: 'larder-bulk',
      // What it opens for us (spares.ts) stays open when it ends.
      trackUnmanagedFds: false,
      resourceLimits: LIMITS,
    });
    const seat = new WorkerSeat(worker, options);
    worker.unref();
    worker.on('message', (answered: Answered<Reply>) => seat.#answer(answered));
    worker.on('error', (error) => (seat.#reason = error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => seat.#end());
    return seat;
  }

  get load(): number {
    return this.#jobs.size;
  }

  give(job: Job<Request, Reply>): void {
    const id = (this.#nextId += 1);
    this.#jobs.set(id, job);
    this.#worker.ref();
    this.#worker.postMessage({ id, request: job.request(this.#known) });
  }

  /** What it has not answered by then is refused: whoever waits for it must not wait for ever. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#worker.terminate();
    for (const { reject } of this.#jobs.values()) reject(new LarderError('stopping', 'the worker threads are stopped'));
    this.#jobs.clear();
  }

  #answer(answered: Answered<Reply>): void {
    // A thread that is being ended goes on for a moment, perhaps with modules that are loaded by half: its errors say nothing of the work.
    if (this.#retired && 'error' in answered) return;
    const job = this.#jobs.get(answered.id);
    this.#jobs.delete(answered.id);
    if (this.#jobs.size === 0) this.#worker.unref();
    if ('reply' in answered) job?.resolve(answered.reply);
    else job?.reject(new Error(answered.error));
    this.#options.onFree();
  }

  #end(): void {
    if (!this.#retired) this.#options.onDeath([...this.#jobs.values()], this.#reason);
  }
}

/**
 * Compiles a schema in a thread that can be ended: compiling takes as long as the schema's author likes, and nothing on the
 * event loop can stop it. The thread starts at the first schema and ends when none came for a while.
 */
import { Worker } from 'node:worker_threads';

export type Trial =
  /** What the compiler said of the text, as far as that can travel; undefined where it was not asked. */
  | { readonly kind: 'done'; readonly answer: unknown }
  | { readonly kind: 'late' }
  /** The compiler threw, or its thread died: that may be no fault of the text. */
  | { readonly kind: 'failed'; readonly reason: string };

const IDLE_MS = 2000;
/** Times the deadline, on a machine that gives the thread next to nothing. */
const MOST_WAITS = 30;
/** Of the deadline; on an idle machine the thread has nearly all of it. */
const BUSY_SHARE = 0.8;
/** Starting a thread and loading the compiler is not the schema's fault. */
const START_MS = 20_000;

/** From a checkout the worker is the TypeScript source, from the package what was built of it. */
const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? './compile-worker.ts' : './compile-worker.js',
  import.meta.url,
);

/** The thread that waits for texts, and its start. */
let warm: { readonly worker: Worker; readonly started: Promise<boolean> } | null = null;
let turn: Promise<unknown> = Promise.resolve();
let idle: NodeJS.Timeout | undefined;

/**
 * `done` when the text was compiled, well or not, within the deadline. Rejects when no thread starts. The thread's own work counts, not the wait for a
 * processor that others are using: what is sound must not be refused because the machine is busy. One at a time.
 */
export function compileWithDeadline(compiler: URL, text: string, deadlineMs: number): Promise<Trial> {
  const trial = turn.then(() => tryIt(compiler, text, deadlineMs));
  turn = trial.catch(() => undefined);
  return trial;
}

async function tryIt(compiler: URL, text: string, deadlineMs: number): Promise<Trial> {
  clearTimeout(idle);
  const worker = await ready(compiler);
  // Whoever waits for this has perhaps nothing else that keeps the process alive.
  worker.ref();
  const before = await worker.cpuUsage();
  worker.postMessage(text);
  const trial = await answerWithinWork(worker, deadlineMs, before);
  worker.unref();
  if (trial.kind === 'done') idle = setTimeout(() => void end(worker), IDLE_MS).unref();
  else await end(worker);
  return trial;
}

async function ready(compiler: URL): Promise<Worker> {
  const { worker, started } = (warm ??= start(compiler));
  if (await started) return worker;
  await end(worker);
  throw new Error('the schema compiler did not start');
}

function start(compiler: URL): NonNullable<typeof warm> {
  const worker = new Worker(SCRIPT, { workerData: compiler.href, execArgv: [] });
  worker.unref();
  // Also while nobody waits for it: a thread that dies ends neither the process nor all compiling after it.
  worker.on('error', () => {});
  worker.once('exit', () => forget(worker));
  return { worker, started: answerWithin(worker, START_MS) };
}

async function end(worker: Worker): Promise<void> {
  forget(worker);
  await worker.terminate();
}

function forget(worker: Worker): void {
  if (warm?.worker === worker) warm = null;
}

/** Waits again while the thread had less than the deadline of a processor, up to a limit that nothing sound needs. */
async function answerWithinWork(worker: Worker, deadlineMs: number, before: NodeJS.CpuUsage): Promise<Trial> {
  const { promise: answered, resolve } = Promise.withResolvers<Trial>();
  const onMessage = (answer: unknown): void => resolve({ kind: 'done', answer });
  const onError = (error: unknown): void => resolve({ kind: 'failed', reason: String(error) });
  const onExit = (code: number): void => resolve({ kind: 'failed', reason: `its thread ended with code ${code}` });
  worker.once('message', onMessage);
  worker.once('error', onError);
  worker.once('exit', onExit);
  try {
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      const answer = await Promise.race([answered, pause(deadlineMs)]);
      if (answer !== null) return answer;
      if (await hasWorked(worker, before, deadlineMs * BUSY_SHARE)) return LATE;
    }
    return LATE;
  } finally {
    worker.off('message', onMessage);
    worker.off('error', onError);
    worker.off('exit', onExit);
  }
}

const LATE: Trial = { kind: 'late' };

const pause = (ms: number): Promise<null> => new Promise((resolve) => void setTimeout(resolve, ms, null));

/** A thread that is gone says so itself. */
async function hasWorked(worker: Worker, before: NodeJS.CpuUsage, ms: number): Promise<boolean> {
  try {
    const { user, system } = await worker.cpuUsage(before);
    return (user + system) / 1000 >= ms;
  } catch {
    return false;
  }
}

/** False when the time is over, or the thread died of what it was given. */
function answerWithin(worker: Worker, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isDone: boolean): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      resolve(isDone);
    };
    const onMessage = (): void => finish(true);
    const onError = (): void => finish(false);
    const timer = setTimeout(() => finish(false), ms);
    worker.once('message', onMessage);
    worker.once('error', onError);
  });
}

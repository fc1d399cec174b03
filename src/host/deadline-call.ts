/**
 * Calls a pure function in a thread of its own that is ended when it takes too long: for work that is rare, and that would
 * hold up the event loop. Starting the thread and loading the module costs some 100 ms.
 */
import { Worker } from 'node:worker_threads';

export type Called<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late' };

export interface Call {
  /** Of a module that a thread loads by itself. */
  readonly module: URL;
  readonly name: string;
  /** What can be cloned into another thread. */
  readonly args: readonly unknown[];
}

/** From a checkout the worker is the TypeScript source, from the package what was built of it. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './call-worker.ts' : './call-worker.js', import.meta.url);

/** Rejects with what the function threw. */
export async function callWithDeadline<T>(call: Call, deadlineMs: number): Promise<Called<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Called<T>>();
  const worker = new Worker(SCRIPT, { workerData: { ...call, module: call.module.href }, execArgv: [] });
  const timer = setTimeout(() => resolve({ kind: 'late' }), deadlineMs);
  worker.once('message', (value: T) => resolve({ kind: 'done', value }));
  worker.once('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** The thread of deadline-call.ts: loads the module it is told, calls the function, answers its value and ends. */
import { parentPort, workerData } from 'node:worker_threads';

interface Called {
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

const { module, name, args } = workerData as Called;
const functions = (await import(module)) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
parentPort?.postMessage(functions[name]?.(...args));

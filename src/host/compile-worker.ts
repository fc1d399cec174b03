/** The thread of deadline-compile.ts: loads the compiler it is told, says so, then answers each text when it is through. */
import { parentPort, workerData } from 'node:worker_threads';

interface Compiler {
  readonly tryText: (text: string) => unknown;
}

const { tryText } = (await import(String(workerData))) as Compiler;
parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(tryText(text));
});
parentPort?.postMessage('ready');

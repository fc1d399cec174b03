/** The thread of lives.ts: runs the seeds that it is given, until it is given none. */
import { parentPort } from 'node:worker_threads';
import { describeFailure, failuresAmong } from '../simulator/run-seeds.ts';

export interface Lives {
  readonly from: number;
  readonly count: number;
}

export interface LivesRun {
  readonly count: number;
  /** Told for a person. */
  readonly failures: readonly string[];
}

async function runLives({ from, count }: Lives): Promise<LivesRun> {
  const failures: string[] = [];
  for await (const failure of failuresAmong(from, count)) failures.push(describeFailure(failure));
  return { count, failures };
}

parentPort?.on('message', (lives: Lives | null) => {
  if (lives === null) parentPort?.close();
  else void runLives(lives).then((ran) => parentPort?.postMessage(ran));
});

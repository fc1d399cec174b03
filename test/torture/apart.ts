/**
 * Runs a harness in a process of its own: one that throws where nobody catches, fills its memory or never ends is a failure of its
 * own row, and takes neither time nor results from the others.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { NODE_FLAGS, type Outcome } from './harness.ts';

const PROGRAM = join(import.meta.dirname, 'run-one.ts');

export interface Order {
  readonly name: string;
  readonly size: number;
  readonly seed: number;
  /** Time until it should come to an end; without it, the whole size. */
  readonly shareMs?: number | undefined;
  /** Then it is ended, with all that it started. */
  readonly limitMs: number;
}

const failed = (failure: string): Outcome => ({ ran: 0, figures: {}, failures: [failure] });

/** Never rejects. `program` is for tests. */
export async function runApart(order: Order, program = PROGRAM): Promise<Outcome> {
  // A group of its own: what it leaves behind ends with it.
  const child = spawn(process.execPath, [...NODE_FLAGS, program, JSON.stringify(order)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    detached: true,
  });
  const breakOff = (): void => {
    endGroup(child);
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, breakOff);
  try {
    return await outcomeOf(child, order.limitMs);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, breakOff);
    endGroup(child);
  }
}

function outcomeOf(child: ChildProcess, limitMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(failed(`did not end within ${Math.round(limitMs / 1000)} s`)), limitMs);
    const end = (outcome: Outcome): void => {
      clearTimeout(late);
      resolve(outcome);
    };
    child.once('message', (outcome) => end(outcome as Outcome));
    child.once('error', (error) => end(failed(`could not be started: ${error.message}`)));
    child.once('exit', (code, signal) =>
      end(failed(`ended by ${signal ?? `exit code ${code}`} before it had a result`)),
    );
  });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

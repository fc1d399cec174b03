/** The real daemon as a process of its own, which a harness starts, kills, stops and blocks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request, type Answer, type RequestOptions } from '../http/client.ts';
import { NODE_FLAGS, within } from './harness.ts';
import type { Safeguard } from './safeguards.ts';

const here = dirname(fileURLToPath(import.meta.url));
const CLI = join(here, '..', '..', 'src', 'cli.ts');

export interface StartOptions {
  readonly root: string;
  readonly port: number;
  /** Runs the daemon with this safeguard taken out. */
  readonly without?: Safeguard | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Command words before node's own. */
  readonly under?: readonly string[];
  /** Modules imported before the daemon. */
  readonly imports?: readonly string[];
}

export interface Daemon {
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves with the exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  /** What it wrote to standard error so far. */
  readonly said: () => string;
  readonly ask: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  /** `kill -9`; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
  /** An orderly stop; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const SAID_BYTES = 64 * 1024;

/** Starts it without waiting for anything. */
export function launch({ root, port, without, env = {}, under = [], imports = [] }: StartOptions): Daemon {
  const program =
    without === undefined
      ? [...imports.flatMap((module) => ['--import', module]), CLI, 'start', '--root', root, '--port', String(port)]
      : [...imports.flatMap((module) => ['--import', module]), join(here, 'weakened.ts'), without, root, String(port)];
  const [command = '', ...words] = [...under, process.execPath, ...NODE_FLAGS, ...program];
  const child = spawn(command, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LARDER_LOG_LEVEL: 'warn', ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-SAID_BYTES)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    port,
    pid: child.pid ?? 0,
    child,
    ended,
    said: () => said,
    ask: (method, path, options) => request(port, method, path, options),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}

const READY_MS = 120_000;

/** Starts it and waits until its first scan is done. Rejects with what it said when it ends instead. */
export async function start(options: StartOptions): Promise<Daemon> {
  const daemon = launch(options);
  if (await becomesReady(daemon)) return daemon;
  await daemon.kill();
  throw new Error(`the daemon did not become ready: ${daemon.said().slice(-2000)}`);
}

export async function becomesReady(daemon: Daemon): Promise<boolean> {
  const { child } = daemon;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const isReady = async (): Promise<boolean> => {
    const answer = await daemon.ask('GET', '/readyz').catch(() => null);
    return answer?.status === 200;
  };
  await within(READY_MS, async () => hasEnded() || (await isReady()));
  return !hasEnded();
}

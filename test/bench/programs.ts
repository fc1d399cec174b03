/** Runs the measured programs: each figure comes from a process of its own, so that no warm-up of one helps the other. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** Runs a program of this folder and reads the JSON line that it prints. */
export async function measure<T>(program: string, args: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, [join(here, program), ...args], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** A server of this folder or of the product, answering at `url` once it is up. */
export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** `syncDelayMs`: every sync of it takes so much longer. */
export async function serve(
  script: string,
  args: (port: number) => readonly string[],
  probe: string,
  { syncDelayMs = 0 }: { readonly syncDelayMs?: number } = {},
): Promise<Served> {
  const port = await freePort();
  const command: Command = [process.execPath, script, ...args(port)];
  const [program, ...rest] = syncDelayMs > 0 ? slowSyncs(syncDelayMs, ...command) : command;
  const child = spawn(program, rest, { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}${probe}`, child);
  return { url, child, stop: () => stopped(child, syncDelayMs > 0 ? tracedBy(child) : child.pid) };
}

const SYNCS = 'fsync,fdatasync,syncfs';

type Command = [program: string, ...parameters: string[]];

/** A disk that takes its time: the kernel holds up whoever syncs, and nobody else. */
function slowSyncs(delayMs: number, ...command: Command): Command {
  const injected = `inject=${SYNCS}:delay_exit=${delayMs * 1000}`;
  return [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${SYNCS}`,
    '-e',
    injected,
    ...command,
  ];
}

export function canSlowSyncs(): boolean {
  try {
    const [program, ...rest] = slowSyncs(1, 'true');
    execFileSync(program, rest, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** strace that is ended by a signal lets go of its program, which goes on. */
const tracedBy = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(0));

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 6000; attempt++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer from ${url}`);
}

const stopped = (child: ChildProcess, pid: number | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || !pid) return resolve();
    child.once('exit', () => resolve());
    process.kill(pid, 'SIGTERM');
  });

/** Resident memory of a process with all its threads, in MB (VmRSS). */
export function residentMb(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m);
  return Math.round(Number(line?.[1] ?? 0) / 1000);
}

/** CPU time that a process has used with all its threads, in ms (utime and stime, in ticks of 10 ms). */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export const threadsOf = (pid: number): number => readdirSync(`/proc/${pid}/task`).length;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

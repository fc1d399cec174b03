/** The command line as people run it: commands in this process, daemons in their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly err: string;
}

export interface Surroundings {
  readonly workingDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs a command in this process; nothing of the environment of the test reaches it. */
export async function run(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const out: Uint8Array[] = [];
  let err = '';
  const code = await main(args, {
    out: (text) => void out.push(Buffer.from(text)),
    err: (text) => (err += text),
    isTerminal: around.isTerminal ?? false,
    env: around.env ?? {},
    workingDirectory: around.workingDirectory ?? tmpdir(),
    signal: around.signal ?? new AbortController().signal,
  });
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString('utf8'), bytes, err };
}

export interface CliWorld extends Disposable {
  readonly root: string;
  /** A folder beside the root. */
  readonly beside: string;
  readonly save: (path: string, body: string | object) => void;
  readonly run: (...args: string[]) => Promise<Ran>;
}

export function openCliWorld(files: Readonly<Record<string, string | object>> = {}): CliWorld {
  const beside = realpathSync(mkdtempSync(join(tmpdir(), 'larder-cli-')));
  const root = join(beside, 'root');
  mkdirSync(root);
  const save = (path: string, body: string | object): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof body === 'string' ? body : `${JSON.stringify(body, null, 2)}\n`);
  };
  for (const [path, body] of Object.entries(files)) save(path, body);
  return {
    root,
    beside,
    save,
    run: (...args) => run([...args, '--root', root], { workingDirectory: beside }),
    [Symbol.dispose]: () => rmSync(beside, { recursive: true, force: true }),
  };
}

export interface RunningDaemon extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** What it wrote to standard error so far: its log. */
  readonly log: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

interface DaemonOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the daemon in its turn, such as `unshare`. */
  readonly behind?: readonly string[];
  readonly uid?: number;
  /** Node.js and the program of the command line, instead of this one and the one in src. */
  readonly node?: string;
  readonly entry?: string;
  /** False: resolves as soon as it answers. */
  readonly untilReady?: boolean;
}

/** Resolves when the first scan is done. `root` '': as the configuration says. */
export async function startDaemon(root: string, options: DaemonOptions = {}): Promise<RunningDaemon> {
  const { args = [], env = {}, behind = [], node = process.execPath, entry = CLI, uid } = options;
  const own = [entry, 'start', '--json', '--port', '0', ...(root === '' ? [] : ['--root', root]), ...args];
  const [program, ...words] = behind;
  const child = spawn(program ?? node, program === undefined ? own : [...words, node, ...own], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
    cwd: tmpdir(),
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const url = await Promise.race([
    announced(child),
    ended.then((code) => Promise.reject(new Error(`the daemon ended with ${code}: ${log}`))),
  ]);
  if (options.untilReady !== false) await untilReady(url);
  return {
    url,
    port: Number(new URL(url).port),
    child,
    log: () => log,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let printed = '';
    child.stdout?.on('data', (text: Buffer) => {
      printed += text.toString();
      if (printed.includes('\n')) resolve((JSON.parse(printed.split('\n')[0] ?? '') as { url: string }).url);
    });
  });
}

async function untilReady(url: string): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 30));
}

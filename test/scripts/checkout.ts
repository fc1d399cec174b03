/** A copy of this checkout as a clone would be, in a folder of its own; packages and Node.js are linked, not installed again. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Checkout extends Disposable {
  readonly path: string;
}

/** Every tracked or new file that is not ignored; what was deleted and not committed yet is left out. */
export function copyCheckout(): Checkout {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'larder-checkout-')));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const name of new Set(listed.split('\0'))) {
    if (name !== '' && existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(path, name));
  }
  for (const name of ['node_modules', '.tools'])
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(path, name));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** All of standard output so far. */
  readonly printed: () => string;
  /** Until this is printed. */
  readonly until: (pattern: RegExp) => Promise<string>;
  readonly ended: Promise<number | string>;
}

/** Runs a script that serves, and resolves once it says where. */
export async function startScript(
  checkout: Checkout,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: checkout.path,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let log = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? ''));
  });
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const [found] = pattern.exec(printed) ?? [];
      if (found !== undefined) return found;
      const over = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(resolve, 50, null))]);
      if (over !== null && !pattern.test(printed)) throw new Error(`ended with ${over}: ${printed}${log}`);
    }
  };
  const url = await until(/http:\/\/[\w.:]+(?=\n|")/);
  return {
    child,
    url,
    printed: () => printed,
    until,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

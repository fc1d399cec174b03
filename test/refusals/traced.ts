/** The kernel itself refuses a call of a real process, or kills it there; strace sees to that. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { allowedAfter, isOneOf } from './nth-failure.ts';
import type { Operation } from './operations.ts';
import { me, put, type Answer, type Store, type Value } from './store.ts';

const SCRIPT = join(import.meta.dirname, 'write-once.ts');
/** What takes longer hangs: a failure of a call must end in an answer. */
const LIMIT_MS = 120_000;

export function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Injection {
  readonly call: string;
  /** As strace spells it: `error=EIO`, `signal=KILL`. */
  readonly what: string;
  /** Which call of a thread, from the start of the process on. */
  readonly nth: number;
}

export interface Told {
  readonly answer: Answer;
  readonly single: readonly Answer[];
}

/** Whether the failure came to pass. */
export const isMet = ({ log }: Traced): boolean => /INJECTED|killed by SIGKILL/.test(log);

export interface Traced {
  /** What the process said before it ended, by operation. */
  readonly told: ReadonlyMap<string, Told>;
  /** A line a call, as strace writes them. */
  readonly log: string;
}

/** Does one write of each kind, or the one named. The threads that sync are one, so that their calls have an order. */
export async function traced(root: string, calls: string, injection: Injection | null, key = ''): Promise<Traced> {
  const place = mkdtempSync(join(tmpdir(), 'larder-strace-'));
  const file = join(place, 'log');
  const inject = injection ? ['-e', `inject=${injection.call}:${injection.what}:when=${injection.nth}`] : [];
  // Much faster, but then strace 6.1 delivers no signal.
  const filter = injection?.what.startsWith('signal') ? [] : ['--seccomp-bpf'];
  const parameters = ['-f', '-y', ...filter, '-qq', '-o', file, '-e', `trace=${calls}`, ...inject];
  const command = [process.execPath, SCRIPT, root, ...(key === '' ? [] : [key])];
  const stdout = await output('strace', [...parameters, ...command]);
  const log = readFileSync(file, 'latin1');
  rmSync(place, { recursive: true });
  const lines = stdout.split('\n').filter((line) => line.endsWith('}'));
  return {
    told: new Map(lines.map((line) => JSON.parse(line) as Told & { key: string }).map((one) => [one.key, one])),
    log,
  };
}

/** What a program wrote until it ended, however it did. */
async function output(program: string, parameters: readonly string[]): Promise<string> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const child = spawn(program, parameters, { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  let [text, hangs] = ['', false];
  const timer = setTimeout(() => {
    hangs = true;
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }, LIMIT_MS);
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await once(child, 'close');
  clearTimeout(timer);
  if (hangs) throw new Error(`it did not end: ${parameters.join(' ')}`);
  return text;
}

/** What the operations need, in a root that is closed then. */
export async function prepare(store: Store, operations: readonly Operation[]): Promise<void> {
  const there = operations.flatMap(({ key, before }) =>
    Object.entries(before).flatMap(([id, value]) => (value === null ? [] : [put(`${key}-${id}`, value)])),
  );
  if (there.length > 0) await store.larder.writeAll(there, me);
  await store.stop();
}

/** What the process said holds: written means new, refused means old, each for the whole set. */
export async function check(store: Store, operation: Operation, told: Told | undefined): Promise<void> {
  const ids = Object.keys(operation.before);
  const found: Record<string, Value> = {};
  for (const id of ids) found[id] = await store.value(`${operation.key}-${id}`);
  const groups = operation.each ? ids.map((id) => [id]) : [ids];
  for (const [index, group] of groups.entries()) {
    const states = allowedAfter(operation, told?.single[index] ?? told?.answer);
    const story = `${operation.name} was told ${JSON.stringify(told)}, there is ${JSON.stringify(found).slice(0, 200)}`;
    expect(isOneOf(states, found, group), story).toBe(true);
  }
}

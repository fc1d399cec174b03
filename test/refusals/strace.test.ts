/** The kernel itself refuses a call of a real process, or kills it there. What it said must hold when the root is opened again. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { allowedAfter, isOneOf } from './nth-failure.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { me, put, Store, type Answer, type Value } from './store.ts';

const run = promisify(execFile);
const TRACES = canTrace();
const skip = TRACES ? '' : ' (skipped: needs strace)';

function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Injection {
  readonly call: string;
  readonly what: string;
  readonly nth: readonly number[];
}

const from1 = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const INJECTIONS: readonly Injection[] = [
  { call: 'fdatasync', what: 'error=EIO', nth: from1(7) },
  { call: 'fsync', what: 'error=EIO', nth: from1(5) },
  { call: 'renameat2', what: 'error=EIO', nth: [3, 4, 5, 6, 7, 8] },
  { call: 'renameat2', what: 'error=EXDEV', nth: [4, 6] },
  { call: 'pwrite64', what: 'error=ENOSPC', nth: [3, 10, 17, 24, 31, 38, 45] },
  { call: 'fdatasync', what: 'signal=KILL', nth: from1(7) },
  { call: 'renameat2', what: 'signal=KILL', nth: [3, 4, 5, 6, 7, 8] },
];

interface Told {
  readonly answer: Answer;
  readonly single: readonly Answer[];
}

/** What the process said before it ended, by operation. The threads that sync are one, so that their calls have an order. */
async function traced(root: string, { call, what }: Injection, nth: number): Promise<ReadonlyMap<string, Told>> {
  const script = join(import.meta.dirname, 'write-once.ts');
  const inject = `inject=${call}:${what}:when=${nth}`;
  const parameters = ['-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
  const environment = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const work = run('strace', [...parameters, process.execPath, script, root], { env: environment });
  const { stdout } = await work.catch((error: unknown) => error as { stdout: string });
  const lines = stdout.split('\n').filter((line) => line.endsWith('}'));
  return new Map(lines.map((line) => JSON.parse(line) as Told & { key: string }).map((one) => [one.key, one]));
}

async function prepare(store: Store): Promise<void> {
  const there = OPERATIONS.flatMap(({ key, before }) =>
    Object.entries(before).flatMap(([id, value]) => (value === null ? [] : [put(`${key}-${id}`, value)])),
  );
  await store.larder.writeAll(there, me);
  await store.stop();
}

async function check(store: Store, operation: Operation, told: Told | undefined): Promise<void> {
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

const RUNS = INJECTIONS.flatMap((injection) =>
  injection.nth.map((nth) => ({ name: `${injection.call} number ${nth}: ${injection.what}`, injection, nth })),
);

test('forty calls are tried', () => expect(RUNS).toHaveLength(40));

/** Runs in which some write was not done: an injection that nothing notices proves nothing. */
let met = 0;
afterAll(() => {
  if (TRACES) expect(met).toBeGreaterThan(15);
});

test.skipIf(!TRACES).concurrent.each(RUNS)(
  `$name is survived${skip}`,
  async ({ injection, nth }) => {
    await using store = await Store.open();
    await prepare(store);
    const told = await traced(store.root, injection, nth);
    await store.start();
    await store.settle();
    for (const operation of OPERATIONS) await check(store, operation, told.get(operation.key));
    if (OPERATIONS.some(({ key }) => told.get(key)?.answer !== 'written')) met += 1;
  },
  180_000,
);

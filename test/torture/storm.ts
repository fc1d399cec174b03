/**
 * More changes than any watcher can report: the kernel's queue of hints overflows while the daemon does not take from it, and
 * says nothing. The rescan has to find what no hint told. Likewise where the kernel gives no watches at all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../src/core/digest.ts';
import { disagreements } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { start, type Daemon, type StartOptions } from './daemon.ts';
import { wholeFeed } from './follower.ts';
import { affordable, pause, skipped, type Harness, type Outcome, type Run } from './harness.ts';

const BLOCK = join(dirname(fileURLToPath(import.meta.url)), 'block-on-signal.ts');
const BLOCKED_MS = 5000;
/** A full rescan runs every minute; the rest is for looking. */
const AGREES_WITHIN_MS = 65_000;
/** Directories enough that each is looked at by itself, and names enough that none is due as a whole. */
const FILES_A_DIRECTORY = 125;
const READS = 300;
const MEMORY = '/dev/shm';

type Blocking = 'event loop' | 'process';

export interface StormRun extends Run {
  /** Blocks the event loop by a synchronous call, or stops the whole process. */
  readonly blocking?: Blocking;
  /** How long at least the process is stopped: until the last file is changed, and so long. */
  readonly stoppedMs?: number;
}

interface Agreed {
  readonly afterMs: number | null;
  readonly missing: number;
}

export async function storm(options: StormRun): Promise<Outcome> {
  return withDaemon(options, { imports: [BLOCK] }, options.size, async (daemon, root) => {
    const since = (await wholeFeed(daemon)).at(-1)?.seq ?? 0;
    const { blocking = 'event loop', stoppedMs = BLOCKED_MS } = options;
    process.kill(daemon.pid, blocking === 'process' ? 'SIGSTOP' : 'SIGUSR2');
    const released = pause(blocking === 'process' ? stoppedMs : BLOCKED_MS);
    await pause(100);
    const expected = changeAll(root, options.size);
    await released;
    if (blocking === 'process') process.kill(daemon.pid, 'SIGCONT');
    const agreed = await untilTold(daemon, expected, since, options.patienceMs ?? AGREES_WITHIN_MS);
    const isNoticed = daemon.said().includes('hints may have been lost');
    return outcomeOf(daemon, root, options, agreed, isNoticed ? [] : ['nothing noticed that hints were lost']);
  });
}

/** A kernel that refuses every watch, in a user namespace of its own. */
const WITHOUT_WATCHES = [
  'unshare',
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"',
  'sh',
];

export async function unwatched(options: Run): Promise<Outcome> {
  const [program = '', ...words] = WITHOUT_WATCHES;
  if (spawnSync(program, [...words, 'true']).status !== 0) return skipped('no user namespace with an inotify limit');
  return withDaemon(options, { under: WITHOUT_WATCHES }, options.size, async (daemon, root) => {
    const since = (await wholeFeed(daemon)).at(-1)?.seq ?? 0;
    const expected = changeAll(root, options.size);
    const agreed = await untilTold(daemon, expected, since, options.patienceMs ?? AGREES_WITHIN_MS);
    return outcomeOf(daemon, root, options, agreed, []);
  });
}

async function withDaemon(
  options: Run,
  how: Pick<StartOptions, 'imports' | 'under'>,
  size: number,
  play: (daemon: Daemon, root: string) => Promise<Outcome>,
): Promise<Outcome> {
  // In memory where that is possible: this is about hints, and tens of thousands of files keep a slow disk busy for minutes.
  const root = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'larder-storm-'));
  saveAll(root, size, 1);
  const daemon = await start({ root, port: await freePort(), without: options.without, ...how });
  try {
    return await play(daemon, root);
  } finally {
    await daemon.kill();
    rmSync(root, { recursive: true, force: true });
  }
}

async function outcomeOf(
  daemon: Daemon,
  root: string,
  { size }: Run,
  { afterMs, missing }: Agreed,
  noticed: readonly string[],
): Promise<Outcome> {
  const figures = { 'files missing at the end': missing, 's until all was told': ((afterMs ?? 0) / 1000).toFixed(1) };
  if (afterMs === null) return { ran: size, figures, failures: [`${missing} of ${size} changes were never told`] };
  const differing = await disagreements(daemon, root, { limitMs: 5000, reads: READS });
  return { ran: size, figures, failures: [...noticed, ...differing] };
}

/** Digest by name of every file, after it was saved anew. */
const changeAll = (root: string, size: number): Map<string, string> => saveAll(root, size, 2);

function saveAll(root: string, size: number, version: number): Map<string, string> {
  const digests = new Map<string, string>();
  for (let id = 0; id < size; id++) {
    const directory = `lod/c${Math.floor(id / FILES_A_DIRECTORY)}`;
    if (version === 1 && id % FILES_A_DIRECTORY === 0) mkdirSync(join(root, directory), { recursive: true });
    const text = `{ "id": ${id}, "version": ${version} }\n`;
    // As long as before, and not cut first: ext4 flushes a file that was, which no disk does 10,000 times a second.
    writeFileSync(join(root, directory, `d${id}.json`), text, { flag: version === 1 ? 'w' : 'r+' });
    digests.set(`${directory}/d${id}`, digestOf(Buffer.from(text)));
  }
  return digests;
}

async function untilTold(
  daemon: Daemon,
  expected: ReadonlyMap<string, string>,
  since: number,
  limitMs: number,
): Promise<Agreed> {
  const missing = new Map(expected);
  const startedMs = performance.now();
  for (let from = since; missing.size > 0;) {
    for (const { seq, name, digest } of await wholeFeed(daemon, from)) {
      if (missing.get(name) === digest) missing.delete(name);
      from = seq;
    }
    const afterMs = performance.now() - startedMs;
    if (missing.size > 0 && afterMs > limitMs) return { afterMs: null, missing: missing.size };
    if (missing.size > 0) await pause(200);
  }
  return { afterMs: performance.now() - startedMs, missing: 0 };
}

/** Files that a storm makes, changes and compares in a second of a run whose time is short. */
const FILES_A_SECOND = 600;
const LEAST = 20_000;

/** In `npm run torture` once with the rescan, and once without, which counts what the watcher alone does not tell. */
async function countedStorm(options: StormRun): Promise<Outcome> {
  const size = affordable(options, FILES_A_SECOND / 2, LEAST);
  const whole = await storm({ ...options, size });
  const alone = await storm({ ...options, size, without: 'rescan', patienceMs: 20_000 });
  const missed = alone.figures['files missing at the end'] ?? 0;
  return { ...whole, figures: { ...whole.figures, 'missed by the watcher alone': missed } };
}

export const storms: Harness = {
  name: 'storm',
  what: 'files changed while the event loop is blocked for 5 s: all is told within 65 s, what the watcher alone misses is counted',
  unit: 'files',
  size: 200_000,
  minutes: 8,
  least: LEAST,
  run: countedStorm,
};

export const stormsStopped: Harness = {
  name: 'storm-stopped',
  what: 'the same while the whole process is stopped for 5 s',
  unit: 'files',
  size: 200_000,
  minutes: 4,
  least: LEAST,
  run: (options) => storm({ ...options, size: affordable(options, FILES_A_SECOND, LEAST), blocking: 'process' }),
};

export const unwatchedTree: Harness = {
  name: 'no-watches',
  what: 'files changed where the kernel gives no inotify watch: all is told within 65 s',
  unit: 'files',
  size: 10_000,
  minutes: 1,
  run: unwatched,
};

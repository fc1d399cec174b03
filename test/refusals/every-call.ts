/** Every call that a write makes below its root, from the start of the process to its end, and every way in which it may fail. */
import { OPERATIONS, type Operation } from './operations.ts';
import { Store } from './store.ts';
import { check, isMet, prepare, traced, type Injection, type Told } from './traced.ts';

const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  fdatasync: ['error=EIO', 'signal=KILL'],
  fsync: ['error=EIO', 'signal=KILL'],
  renameat2: ['error=EIO', 'error=EXDEV', 'signal=KILL'],
  rename: ['error=EIO', 'signal=KILL'],
  link: ['error=EIO', 'signal=KILL'],
  unlink: ['error=EIO', 'signal=KILL'],
  mkdir: ['error=ENOSPC', 'signal=KILL'],
  ftruncate: ['error=EIO', 'signal=KILL'],
  openat: ['error=EMFILE', 'signal=KILL'],
  pwrite64: ['error=ENOSPC', 'error=EIO', 'signal=KILL'],
};
const CALLS = Object.keys(OUTCOMES).join(',');

export interface Trial extends Injection {
  readonly operation: Operation;
}

/** A run without a failure tells which calls there are. */
async function trialsOf(operation: Operation): Promise<Trial[]> {
  await using store = await Store.open();
  await prepare(store, [operation]);
  const { log } = await traced(store.root, CALLS, null, operation.key);
  return [...callsBelow(store.root, log)].flatMap(([call, numbers]) =>
    (OUTCOMES[call] ?? []).flatMap((what) => [...numbers].map((nth) => ({ operation, call, what, nth }))),
  );
}

export const allTrials = async (): Promise<Trial[]> => {
  const trials: Trial[] = [];
  for (const operation of OPERATIONS) trials.push(...(await trialsOf(operation)));
  return trials;
};

/** Numbers of the calls below the root, by call: strace counts the calls of each thread for itself. */
function callsBelow(root: string, log: string): Map<string, Set<number>> {
  const counts = new Map<string, number>();
  const numbers = new Map<string, Set<number>>();
  for (const line of log.split('\n')) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const key = `${thread} ${call}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (line.includes(`${root}/`)) numbers.set(call, (numbers.get(call) ?? new Set()).add(nth));
  }
  return numbers;
}

export interface Tried {
  /** The failure came to pass: another run may make fewer calls. */
  readonly isMet: boolean;
  readonly told: Told | undefined;
}

/** Rejects when what is there afterwards is not what was told, or does not stay. `without`: of those who look. */
export async function tryOne(trial: Trial, without: ConstructorParameters<typeof Store>[0] = []): Promise<Tried> {
  const { operation } = trial;
  await using store = await Store.open(without);
  await prepare(store, [operation]);
  const outcome = await traced(store.root, trial.call, trial, operation.key);
  const told = outcome.told.get(operation.key);
  for (const _ of ['after it', 'and again']) {
    await store.start();
    await store.settle();
    await check(store, operation, told);
    await store.stop();
  }
  return { isMet: isMet(outcome), told };
}

export const nameOf = ({ operation, call, what, nth }: Trial): string => `${operation.name}, ${call} ${nth}: ${what}`;

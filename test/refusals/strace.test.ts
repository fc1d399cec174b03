/** The kernel itself refuses a call of a real process, or kills it there. What it said must hold when the root is opened again. */
import { afterAll, expect, test } from 'vitest';
import { tryOne } from './every-call.ts';
import { OPERATIONS } from './operations.ts';
import { Store } from './store.ts';
import { canTrace, check, isMet, prepare, traced } from './traced.ts';

const TRACES = canTrace();
const skip = TRACES ? '' : ' (skipped: needs strace)';

/** All writes one behind the other, in one process. */
interface Injections {
  readonly call: string;
  readonly what: string;
  readonly nth: readonly number[];
}

const from1 = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const INJECTIONS: readonly Injections[] = [
  { call: 'fdatasync', what: 'error=EIO', nth: from1(7) },
  { call: 'fsync', what: 'error=EIO', nth: from1(5) },
  { call: 'renameat2', what: 'error=EIO', nth: [3, 4, 5, 6, 7, 8] },
  { call: 'renameat2', what: 'error=EXDEV', nth: [4, 6] },
  { call: 'pwrite64', what: 'error=ENOSPC', nth: [3, 10, 17, 24, 31, 38, 45] },
  { call: 'fdatasync', what: 'signal=KILL', nth: from1(7) },
  { call: 'renameat2', what: 'signal=KILL', nth: [3, 4, 5, 6, 7, 8] },
];

const RUNS = INJECTIONS.flatMap((injection) => injection.nth.map((nth) => ({ ...injection, nth })));

test('forty calls are tried', () => expect(RUNS).toHaveLength(40));

/** Failures that came to pass, and runs in which some write was not done: what nothing notices proves nothing. */
let [met, refusing] = [0, 0];
afterAll(() => {
  if (!TRACES) return;
  expect(met).toBeGreaterThan(30);
  expect(refusing).toBeGreaterThan(15);
});

test.skipIf(!TRACES).concurrent.each(RUNS)(
  `$call number $nth: $what is survived${skip}`,
  async (injection) => {
    await using store = await Store.open();
    await prepare(store, OPERATIONS);
    const outcome = await traced(store.root, injection.call, injection);
    if (isMet(outcome)) met += 1;
    await store.start();
    await store.settle();
    for (const operation of OPERATIONS) await check(store, operation, outcome.told.get(operation.key));
    if (OPERATIONS.some(({ key }) => outcome.told.get(key)?.answer !== 'written')) refusing += 1;
  },
  180_000,
);

test.skipIf(!TRACES)(
  `without redo, a process that dies between two swaps leaves half a set${skip}`,
  async () => {
    const operation = OPERATIONS.find(({ key }) => key === 'atomic');
    if (operation === undefined) throw new Error('no set among the operations');
    // The first two are made by the start, to see what the file system can.
    const swaps = [3, 4, 5].map((nth) => ({ operation, call: 'renameat2', what: 'signal=KILL', nth }));
    const looks = await Promise.allSettled(swaps.map((swap) => tryOne(swap, ['redo'])));
    const complaints = looks.flatMap((look) => (look.status === 'rejected' ? [String(look.reason)] : []));
    expect(complaints.join('\n')).toMatch(/an atomic bulk was told undefined, there is/);
  },
  180_000,
);

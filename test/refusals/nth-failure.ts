/**
 * Fails the Nth call of a write, for every N until a run meets no fault, and holds what is left against what the client was
 * told: written means new, refused means old, each for the whole set, and whatever it is, it is the same after a restart.
 */
import { expect } from 'vitest';
import type { FeedEvent } from '../../src/core/requests.ts';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { me, put, told, type Answer, type Store, type Value } from './store.ts';
import type { Operation } from './operations.ts';

export interface Sweep {
  readonly runs: number;
  readonly answers: Readonly<Record<Answer, number>>;
}

export async function failEveryCall(store: Store, operation: Operation, fault: Omit<Fault, 'nth'>): Promise<Sweep> {
  const answers: Record<Answer, number> = { written: 0, refused: 0, unknown: 0 };
  const expected = new Map<string, Value>();
  let runs = 0;
  let nth = 1;
  for (let fired = true; fired; nth += operation.stride ?? 1) {
    const prefix = `${operation.key}-${nth}-`;
    await prepare(store, operation, prefix);
    const run = await failOnce(store, operation, prefix, { ...fault, nth });
    fired = run.fired;
    runs += 1;
    for (const answer of run.answers.values()) answers[answer] += 1;
    await check(store, operation, prefix, run.answers, expected);
  }
  await checkAfterRestart(store, expected);
  return { runs, answers };
}

async function prepare(store: Store, { before }: Operation, prefix: string): Promise<void> {
  const there = Object.entries(before).flatMap(([id, value]) => (value === null ? [] : [put(prefix + id, value)]));
  if (there.length > 0) await store.larder.writeAll(there, me, { atomic: true });
}

/** What the client was told, by id. */
type Answers = ReadonlyMap<string, Answer>;

async function failOnce(
  store: Store,
  operation: Operation,
  prefix: string,
  fault: Fault,
): Promise<{ readonly fired: boolean; readonly answers: Answers }> {
  const disk = store.disk.give([fault]);
  const work = operation.run(store, prefix);
  const whole = await told(work);
  const single = operation.each && whole === 'written' ? ((await work) as Answer[]) : [];
  const { fired } = disk;
  const isDead = fired && fault.outcome.kind === 'crash';
  if (isDead) await store.dieAndStart();
  const answers = Object.keys(operation.before).map((id, index): [string, Answer] => {
    const answer = single[index] ?? whole;
    return [id, isDead && answer !== 'written' ? 'unknown' : answer];
  });
  const isInDoubt = !isDead && answers.some(([, answer]) => answer === 'unknown');
  if (isInDoubt) expect(store.larder.readiness().reasons, 'health names what is in doubt').not.toEqual([]);
  store.disk.heal();
  return { fired, answers: new Map(answers) };
}

type State = Readonly<Record<string, Value>>;

/** All or none, as the client was told; what it is now, it stays. */
async function check(
  store: Store,
  operation: Operation,
  prefix: string,
  answers: Answers,
  expected: Map<string, Value>,
): Promise<void> {
  await store.settle();
  const found: Record<string, Value> = {};
  for (const id of Object.keys(operation.before)) {
    found[id] = await store.value(prefix + id);
    expected.set(prefix + id, found[id]);
  }
  const ids = Object.keys(found);
  const isAllowed = operation.each
    ? ids.every((id) => isOneOf(allowedAfter(operation, answers.get(id)), found, [id]))
    : isOneOf(allowedAfter(operation, answers.get(ids[0] ?? '')), found, ids);
  const story = `${prefix}: ${JSON.stringify([...answers])} was told, there is ${JSON.stringify(found).slice(0, 300)}`;
  expect(isAllowed, story).toBe(true);
}

export const allowedAfter = ({ before, after }: Operation, answer: Answer = 'unknown'): readonly State[] =>
  ({ written: [after], refused: [before], unknown: [before, after] })[answer];

export const isOneOf = (states: readonly State[], found: State, ids: readonly string[]): boolean =>
  states.some((state) => ids.every((id) => found[id] === state[id]));

async function checkAfterRestart(store: Store, expected: ReadonlyMap<string, Value>): Promise<void> {
  const before = store.events().filter(isChange);
  for (const fromNothing of [false, true]) {
    await store.stop();
    if (fromNothing) store.dropDerived();
    await store.start();
    await store.settle();
    expect(await store.leftInTmp(), 'nothing is left behind').toEqual([]);
    for (const [id, value] of expected) expect(await store.value(id), id).toBe(value);
    expect(store.events().filter(isChange), 'a restart finds nothing to tell').toEqual(before);
  }
  expect(
    before.filter(({ cause }) => cause !== 'api'),
    'nothing we wrote is taken for an edit by hand',
  ).toEqual([]);
}

/** That a file could not be read for a moment is a problem that was there, and says nothing of its content. */
const isChange = ({ op, code }: FeedEvent): boolean => code === 'rescued' || !['problem', 'resolved'].includes(op);

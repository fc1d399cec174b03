import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/digest.ts';
import { planUndo, transitionsOf, type UndoneEvent, type UndoPlan } from '../../src/core/undo-plan.ts';

/** Files by path, and what was done to them by whom. */
class Model {
  readonly files = new Map<string, Digest>();
  readonly events: (UndoneEvent & { readonly session: string })[] = [];

  at(path: string): Digest | null {
    return this.files.get(path) ?? null;
  }

  write(session: string, path: string, text: string): void {
    this.#record(session, path, text as Digest, null);
  }

  remove(session: string, path: string): void {
    if (this.files.has(path)) this.#record(session, path, null, null);
  }

  move(session: string, from: string, to: string): void {
    const digest = this.at(from);
    if (digest === null || this.files.has(to)) return;
    this.#record(session, to, digest, from);
    this.files.delete(from);
  }

  #record(session: string, path: string, digest: Digest | null, from: string | null): void {
    const before = this.at(path);
    if (before === digest) return;
    const seq = this.events.length + 1;
    const op = from !== null ? 'move' : digest === null ? 'delete' : before === null ? 'create' : 'update';
    this.events.push({ seq, op, kind: digest === null ? 'deleted' : 'valid', path, from, digest, before, session });
    if (digest === null) this.files.delete(path);
    else this.files.set(path, digest);
  }

  plan(session: string): UndoPlan {
    const selected = this.events.filter((event) => event.session === session);
    return planUndo(selected.flatMap(transitionsOf), (path) => this.at(path));
  }

  /** All or none, as a session of its own. */
  undo(session: string, as: string): UndoPlan {
    const plan = this.plan(session);
    if (plan.conflicts.length > 0) return plan;
    for (const { path, to } of plan.steps) {
      if (to === null) this.remove(as, path);
      else this.write(as, path, to);
    }
    return plan;
  }

  state(): object {
    return Object.fromEntries([...this.files].toSorted(([a], [b]) => a.localeCompare(b)));
  }
}

const path = fc.constantFrom('p', 'q', 'r', 's');
const deed = fc.oneof(
  fc.record({ do: fc.constant('write' as const), path, text: fc.constantFrom('1', '2', '3') }),
  fc.record({ do: fc.constant('remove' as const), path }),
  fc.record({ do: fc.constant('move' as const), path, to: path }),
);
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

function carryOut(model: Model, session: string, deeds: readonly Deed[]): void {
  for (const one of deeds) {
    if (one.do === 'write') model.write(session, one.path, one.text);
    else if (one.do === 'remove') model.remove(session, one.path);
    else model.move(session, one.path, one.to);
  }
}

const deeds = fc.array(deed, { maxLength: 12, size: 'max' });

test('what one session did is undone to the state before, and undoing that gives it back', () => {
  let steps = 0;
  fc.assert(
    fc.property(deeds, deeds, (before, done) => {
      const model = new Model();
      carryOut(model, 'before', before);
      const was = model.state();
      carryOut(model, 'x', done);
      const after = model.state();
      const plan = model.undo('x', 'undo');
      steps += plan.steps.length;
      expect(plan.conflicts).toEqual([]);
      expect(model.state()).toEqual(was);
      expect(model.undo('undo', 'redo').conflicts).toEqual([]);
      expect(model.state()).toEqual(after);
      model.undo('redo', 'again');
      expect(model.state()).toEqual(was);
    }),
  );
  expect(steps).toBeGreaterThan(50);
});

test('sessions that took turns: a path is put back, or somebody else changed it and nothing is done', () => {
  const outcomes = { undone: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('x', 'y'), deed), { minLength: 6, maxLength: 30, size: 'max' }),
      (turns) => {
        const model = new Model();
        for (const [session, one] of turns) carryOut(model, session, [one]);
        const now = model.state();
        const plan = model.undo('x', 'undo');
        if (plan.conflicts.length > 0) {
          outcomes.refused++;
          expect(model.state()).toEqual(now);
          // A conflict means that the other session touched this very path behind one of ours.
          for (const conflict of plan.conflicts)
            expect(
              model.events.some(
                ({ seq, session, path, from }) =>
                  seq > conflict.after && session === 'y' && [path, from].includes(conflict.path),
              ),
            ).toBe(true);
          return;
        }
        outcomes.undone++;
        // Paths that only the other session touched are as they were.
        const touched = new Set(plan.steps.map((step) => step.path));
        for (const path of ['p', 'q', 'r', 's'])
          if (!touched.has(path)) expect(model.at(path)).toBe((now as Record<string, string>)[path] ?? null);
        // Each step gives what was there right before the first event of ours.
        for (const { path, to, before } of plan.steps) {
          const replay = new Model();
          for (const event of model.events.filter(({ seq }) => seq < before)) {
            if (event.from !== null) replay.files.delete(event.from);
            if (event.digest === null) replay.files.delete(event.path);
            else replay.files.set(event.path, event.digest);
          }
          expect(replay.at(path)).toBe(to);
        }
      },
    ),
  );
  expect(outcomes.undone).toBeGreaterThan(10);
  expect(outcomes.refused).toBeGreaterThan(10);
});

const D = (name: string): Digest => name as Digest;
const event = (
  seq: number,
  before: string | null,
  digest: string | null,
  more: Partial<UndoneEvent> = {},
): UndoneEvent => ({
  seq,
  op: digest === null ? 'delete' : 'update',
  kind: digest === null ? 'deleted' : 'valid',
  path: 'p',
  from: null,
  before: before === null ? null : D(before),
  digest: digest === null ? null : D(digest),
  ...more,
});
const planOf = (events: readonly UndoneEvent[], now: string | null): UndoPlan =>
  planUndo(events.flatMap(transitionsOf), () => (now === null ? null : D(now)));

test.each<readonly [string, readonly UndoneEvent[], string | null, Partial<UndoPlan>]>([
  [
    'two changes in a row',
    [event(1, 'a', 'b'), event(2, 'b', 'c')],
    'c',
    { steps: [{ path: 'p', now: D('c'), to: D('a'), before: 1 }] },
  ],
  ['what is undone already', [event(1, 'a', 'b')], 'a', { steps: [], unchanged: 1 }],
  ['a change on top', [event(1, 'a', 'b')], 'c', { conflicts: [{ path: 'p', why: 'changed', after: 1 }] }],
  [
    'a change between',
    [event(1, 'a', 'b'), event(3, 'x', 'c')],
    'c',
    { conflicts: [{ path: 'p', why: 'between', after: 1 }] },
  ],
  [
    'a change on top that was taken back',
    [event(1, 'a', 'b')],
    'b',
    { steps: [{ path: 'p', now: D('b'), to: D('a'), before: 1 }] },
  ],
  ['a creation', [event(1, null, 'a')], 'a', { steps: [{ path: 'p', now: D('a'), to: null, before: 1 }] }],
  ['a deletion', [event(1, 'a', null)], null, { steps: [{ path: 'p', now: null, to: D('a'), before: 1 }] }],
  [
    'a broken save',
    [event(1, 'a', 'x', { op: 'problem', kind: 'invalid' })],
    'x',
    { steps: [{ path: 'p', now: D('x'), to: D('a'), before: 1 }] },
  ],
  [
    'a broken save that was mended by going back',
    [event(1, 'a', 'x', { op: 'problem', kind: 'invalid' }), event(2, 'x', 'a', { op: 'resolved', kind: null })],
    'a',
    { steps: [], unchanged: 1 },
  ],
  ['rescued bytes', [event(1, null, 'r', { op: 'problem', kind: 'rescued' })], 'a', { steps: [], unchanged: 0 }],
  ['a report', [event(1, 'a', null, { op: 'problem', kind: null })], 'a', { steps: [], unchanged: 0 }],
])('undoing %s', (_, events, now, expected) => {
  expect(planOf(events, now)).toMatchObject(expected);
});

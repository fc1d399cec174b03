import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalJson } from '../../src/core/json/equal.ts';
import { parseValid } from '../../src/core/json/exact-value.ts';
import { threeWayMerge, type Merge } from '../../src/core/json/three-way-merge.ts';
import { jsonObject, objectAndNext, type Json } from './arbitrary-json.ts';

const merge = (base: unknown, yours: unknown, theirs: unknown): Merge =>
  threeWayMerge(JSON.stringify(base), JSON.stringify(yours), JSON.stringify(theirs));

const valueOf = (merged: Merge): unknown => (merged.kind === 'merged' ? parseValid(merged.text) : merged.conflicts);
const placesOf = (merged: Merge): string[] =>
  merged.kind === 'conflict' ? merged.conflicts.map(({ pointer }) => pointer).toSorted() : [];

test.each<readonly [string, unknown, unknown, unknown, unknown]>([
  ['different members', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }],
  [
    'members of one inner object',
    { p: { x: 1, y: 1 } },
    { p: { x: 2, y: 1 } },
    { p: { x: 1, y: 2 } },
    { p: { x: 2, y: 2 } },
  ],
  ['an added and a removed member', { a: 1, b: 1 }, { a: 1, b: 1, c: 1 }, { a: 1 }, { a: 1, c: 1 }],
  ['the same change', { a: 1 }, { a: 2 }, { a: 2 }, { a: 2 }],
  ['the same removal', { a: 1, b: 1 }, { b: 1 }, { b: 1 }, { b: 1 }],
  [
    'the same addition, spelled in another order',
    {},
    { a: { x: 1, y: 2 } },
    { a: { y: 2, x: 1 } },
    { a: { y: 2, x: 1 } },
  ],
  [
    'a list that one side changed',
    { t: [1, 2], v: 1 },
    { t: [1, 2, 3], v: 1 },
    { t: [1, 2], v: 2 },
    { t: [1, 2, 3], v: 2 },
  ],
  ['a list that both changed alike', { t: [1] }, { t: [1, 2] }, { t: [1, 2] }, { t: [1, 2] }],
  ['1 and 1.0, which are equal', { a: 1 }, { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2 }],
])('merges %s', (_, base, yours, theirs, expected) => {
  expect(valueOf(merge(base, yours, theirs))).toEqual(expected);
});

test.each<readonly [string, unknown, unknown, unknown, string[]]>([
  ['a value that both changed', { a: 1 }, { a: 2 }, { a: 3 }, ['/a']],
  ['a change of what the other removed', { a: 1 }, { a: 2 }, {}, ['/a']],
  ['a removal of what the other changed', { p: { x: 1 } }, {}, { p: { x: 2 } }, ['/p']],
  ['different additions', {}, { a: { x: 1 } }, { a: { y: 1 } }, ['/a']],
  ['a list that both changed, in different places', { t: [1, 2, 3] }, { t: [0, 2, 3] }, { t: [1, 2, 4] }, ['/t']],
  ['an inner value alone', { p: { x: 1, y: 1 } }, { p: { x: 2, y: 2 } }, { p: { x: 3, y: 1 } }, ['/p/x']],
  ['every place, not the first', { a: 1, b: 1 }, { a: 2, b: 2 }, { a: 3, b: 3 }, ['/a', '/b']],
  ['a change of type against a change inside', { p: { x: 1 } }, { p: 7 }, { p: { x: 2 } }, ['/p']],
])('%s is a conflict', (_, base, yours, theirs, places) => {
  expect(placesOf(merge(base, yours, theirs))).toEqual(places);
});

test('a conflict shows base and both sides as they are spelled', () => {
  const merged = threeWayMerge('{"a": 1.0}', '{"a": 12345678901234567890}', '{}');
  expect(merged).toEqual({
    kind: 'conflict',
    conflicts: [{ pointer: '/a', base: '1.0', yours: '12345678901234567890', theirs: null }],
  });
});

test('a merge keeps the layout and the spelling of what is there', () => {
  const merged = threeWayMerge(
    '{"a": 1, "b": 1.0}',
    '{"a":2,"b":1}',
    '{\n\t"b": 1.0,\n\t"c": "\\u0041",\n\t"a": 1\n}\n',
  );
  expect(merged).toEqual({ kind: 'merged', text: '{\n\t"b": 1.0,\n\t"c": "\\u0041",\n\t"a": 2\n}\n' });
});

const three = objectAndNext.chain(({ before, after }) =>
  fc.record({
    base: fc.constant(before),
    yours: fc.constant(after),
    theirs: fc.oneof(jsonObject, fc.constant(before)),
  }),
);

/** Two edits of one base: members of one object, each changed, removed or left by each side. */
const twoEdits = fc
  .tuple(
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 0, max: 3 }), { noNullPrototype: true }),
    fc.infiniteStream(fc.nat(5)),
  )
  .map(([base, dice]) => {
    const roll = (): number => dice.next().value as number;
    const edit = (): Json =>
      Object.fromEntries(
        Object.entries(base).flatMap(([key, value]): [string, Json][] => {
          const fate = roll();
          return fate === 0 ? [] : [[key, fate === 1 ? { deep: value } : fate === 2 ? value + 10 : value]];
        }),
      );
    return { base, yours: edit(), theirs: edit() };
  });

test('a side that changed nothing has no say', () => {
  fc.assert(
    fc.property(three, ({ base, yours }) => {
      expect(valueOf(merge(base, yours, base))).toEqual(yours);
      expect(valueOf(merge(base, base, yours))).toEqual(yours);
      expect(valueOf(merge(base, yours, yours))).toEqual(yours);
    }),
  );
});

test('a merge does not depend on which side is which', () => {
  fc.assert(
    fc.property(fc.oneof(three, twoEdits), ({ base, yours, theirs }) => {
      const [one, other] = [merge(base, yours, theirs), merge(base, theirs, yours)];
      expect(placesOf(one)).toEqual(placesOf(other));
      if (one.kind === 'merged' && other.kind === 'merged') expect(equalJson(one.text, other.text)).toBe(true);
    }),
  );
});

test('a merge is a conflict exactly where both sides changed a member differently', () => {
  let merges = 0;
  fc.assert(
    fc.property(twoEdits, (edits) => {
      const [base, yours, theirs] = [edits.base, edits.yours, edits.theirs].map(
        (value) =>
          new Map(Object.entries(value as Record<string, unknown>).map(([key, v]) => [key, JSON.stringify(v)])),
      ) as [Map<string, string>, Map<string, string>, Map<string, string>];
      const keys = [...base.keys()];
      const twice = keys.filter(
        (key) =>
          yours.get(key) !== base.get(key) && theirs.get(key) !== base.get(key) && yours.get(key) !== theirs.get(key),
      );
      const merged = merge(edits.base, edits.yours, edits.theirs);
      expect(placesOf(merged)).toEqual(twice.map((key) => `/${key}`).toSorted());
      if (merged.kind === 'conflict') return;
      merges++;
      const result = JSON.parse(merged.text) as Record<string, unknown>;
      for (const key of keys) {
        const side = yours.get(key) === base.get(key) ? theirs : yours;
        expect(Object.hasOwn(result, key) ? JSON.stringify(result[key]) : undefined).toBe(side.get(key));
      }
    }),
  );
  expect(merges).toBeGreaterThan(10);
});

import { expect, test } from 'vitest';
import { baseOf } from '../../src/core/conflict-base.ts';
import { countDifferences } from '../../src/core/json/differences.ts';

interface Version {
  readonly digest: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly text: string | null;
}

const version = (modifiedMs: number, value: object | null, spelled = ''): Version => {
  const text = value && JSON.stringify(value) + spelled;
  return { digest: text ?? `unread ${modifiedMs}`, size: text?.length ?? 1, modifiedMs, text };
};

const find = (copy: Version, ...versions: readonly Version[]): Version | undefined =>
  baseOf({ versions, original: versions[0], copy, textOf: ({ text }) => text });

test('differences are counted as a merge tells them apart', () => {
  const count = (a: object, b: object): number => countDifferences(JSON.stringify(a), JSON.stringify(b));
  expect(count({ a: 1, b: [1] }, { b: [1], a: 1 })).toBe(0);
  expect(count({ a: 1, b: [1], c: { d: 1, e: 1 } }, { a: 2, b: [2, 3], c: { d: 2, e: 1 } })).toBe(3);
  expect(count({ a: 1, c: { d: 1 } }, { b: 1, c: 1 })).toBe(3);
});

test('what the original became is not what the copy grew from', () => {
  const first = version(10, { a: 1, b: 2, c: 3 });
  const changed = version(20, { a: 10, b: 2, c: 3 });
  expect(find(version(30, { a: 1, b: 20, c: 3 }), changed, first)).toBe(first);
  expect(find(version(30, { a: 10, b: 20, c: 3 }), changed, first)).toBe(first);
  expect(find(version(30, { a: 1, b: 20, c: 3 }), version(20, { c: 3, b: 2, a: 10 }), changed, first)).toBe(first);
  expect(find(version(30, { a: 1, b: 20, c: 3 }), changed)).toBeUndefined();
});

test('the base is the version most like the copy, the newest of several, and never one younger than it', () => {
  const [head, near, far] = [
    version(40, { a: 4, b: 1, c: 1 }),
    version(20, { a: 2, b: 1, c: 1 }),
    version(10, { a: 1, b: 1, c: 1 }),
  ];
  expect(find(version(50, { a: 1, b: 5, c: 1 }), head, near, far)).toBe(far);
  expect(find(version(50, { a: 2, b: 5, c: 1 }), head, near, far)).toBe(near);
  expect(find(version(50, { a: 7, b: 5, c: 1 }), head, near, far)).toBe(near);
  expect(find(version(15, { a: 7, b: 5, c: 1 }), head, near, far)).toBe(far);
  expect(find(version(5, { a: 1, b: 5, c: 1 }), head, near, far)).toBeUndefined();
});

test('where the copy was the document once, the base is the version before that', () => {
  const [head, mine, old] = [version(30, { a: 1, b: 9 }), version(20, { a: 2, b: 1 }), version(10, { a: 1, b: 1 })];
  expect(find(mine, head, mine, old)).toBe(old);
  expect(find(version(40, { a: 2, b: 1 }, ' '), head, mine, old)).toBe(old);
  expect(find(mine, head, mine)).toBeUndefined();
  expect(find(mine, version(30, { b: 1, a: 1 }), mine, old)).toBeUndefined();
  expect(find(head, head, mine, old)).toBe(head);
});

test('of what is no JSON the base is the newest that is older', () => {
  const [head, newer, old] = [version(30, null), version(20, null), version(10, null)];
  expect(find(version(25, null), head, newer, old)).toBe(newer);
  expect(find(version(5, null), head, newer, old)).toBeUndefined();
});

test('large histories are read as far as they cost little', () => {
  const large = { size: 20 * 1024 * 1024 };
  const newer = { ...version(20, { a: 2, b: 1 }), ...large };
  const old = { ...version(10, { a: 1, b: 1 }), ...large };
  expect(find(version(50, { a: 1, b: 5 }), version(30, { a: 3, b: 1 }), newer, old)).toBe(newer);
});

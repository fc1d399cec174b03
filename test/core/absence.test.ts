import { expect, test } from 'vitest';
import { believe, emptyTally, judgeAbsences, type AbsenceTally } from '../../src/core/absence.ts';

const judge = (absent: number, present: number, largestVanished = 0): string =>
  judgeAbsences(emptyTally, { absent, present, vanished: [{ directory: 'a/b', present: largestVanished }] }, 0);

const paths = (count: number, directory = 'a/b'): string[] =>
  Array.from({ length: count }, (_, index) => `${directory}/${index}.json`);

const believed = (...batches: readonly { count: number; atMs: number; directory?: string }[]): AbsenceTally =>
  batches.reduce((tally, { count, atMs, directory }) => believe(tally, paths(count, directory), atMs), emptyTally);

test('a few deletions are believed', () => {
  expect(judge(3, 50)).toBe('delete');
  expect(judge(100, 500)).toBe('delete');
});

test('more than a hundred and a tenth at once are held', () => {
  expect(judge(101, 500)).toBe('hold');
  expect(judge(101, 100_000)).toBe('delete');
  expect(judge(10_001, 100_000)).toBe('hold');
});

test('a whole collection of ten or more is held, a smaller one is not', () => {
  expect(judge(10, 10)).toBe('hold');
  expect(judge(9, 9)).toBe('delete');
});

test('a vanished directory that held ten is held', () => {
  expect(judge(10, 10_000, 10)).toBe('hold');
  expect(judge(9, 10_000, 9)).toBe('delete');
});

test('absences within a minute count together, later ones do not', () => {
  const tally = believed({ count: 90, atMs: 0 });
  const batch = { absent: 20, present: 410, vanished: [] };
  expect(judgeAbsences(tally, batch, 59_000)).toBe('hold');
  expect(judgeAbsences(tally, batch, 61_000)).toBe('delete');
});

test('a collection that is deleted bit by bit is held before it is gone', () => {
  const tally = believed({ count: 4, atMs: 0 }, { count: 4, atMs: 900 });
  expect(judgeAbsences(tally, { absent: 2, present: 2, vanished: [] }, 1800)).toBe('hold');
});

test('what a vanished directory lost a moment ago counts for it, what other directories lost does not', () => {
  const vanished = [{ directory: 'a/b/c', present: 4 }];
  const inside = believed({ count: 6, atMs: 0, directory: 'a/b/c/d' });
  const beside = believed({ count: 6, atMs: 0, directory: 'a/b/cc' });
  expect(judgeAbsences(inside, { absent: 4, present: 500, vanished }, 1000)).toBe('hold');
  expect(judgeAbsences(beside, { absent: 4, present: 500, vanished }, 1000)).toBe('delete');
});

import { expect, test } from 'vitest';
import { emptyTally, judgeAbsences } from '../../src/core/absence.ts';

const judge = (absent: number, present: number, largestVanishedDirectory = 0): string =>
  judgeAbsences(emptyTally, { absent, present, largestVanishedDirectory }, 0)[0];

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
  const [first, tally] = judgeAbsences(emptyTally, { absent: 90, present: 500, largestVanishedDirectory: 0 }, 0);
  expect(first).toBe('delete');
  expect(judgeAbsences(tally, { absent: 20, present: 410, largestVanishedDirectory: 0 }, 59_000)[0]).toBe('hold');
  expect(judgeAbsences(tally, { absent: 20, present: 410, largestVanishedDirectory: 0 }, 61_000)[0]).toBe('delete');
});

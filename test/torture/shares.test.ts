import { expect, test } from 'vitest';
import { HARNESSES } from './harnesses.ts';
import { shareMs } from './shares.ts';

test.each([
  ['all get what they need', 100, [10, 20, 30], 10],
  ['those that need too much share evenly', 30, [100, 100, 100], 10],
  ['what the small ones leave is shared by the large', 30, [100, 2, 4], 24],
  ['a small one gets its need beside a large one', 30, [4, 100, 2], 4],
  ['the last gets what is left', 7, [100], 7],
  ['no time is left', 0, [100, 1], 0],
])('%s', (_, total, needs, expected) => expect(shareMs(total, needs)).toBe(expected));

test('a run of an hour leaves every harness its need or three minutes at least', () => {
  let leftMs = 60 * 60_000;
  for (let index = 0; index < HARNESSES.length; index++) {
    const needs = HARNESSES.slice(index).map(({ minutes }) => minutes * 60_000);
    const share = shareMs(leftMs, needs);
    expect(share, HARNESSES[index]?.name).toBeGreaterThanOrEqual(Math.min(needs[0] ?? 0, 3 * 60_000));
    leftMs -= share;
  }
});

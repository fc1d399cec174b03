import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { droppable, parseKeep, type Keep, type RetainedVersion } from '../../src/core/retention.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 15, 12, 30);

const staggered: Keep = { kind: 'staggered' };

/** Newest first, as the history gives them. */
const versions = fc
  .array(fc.record({ ageMs: fc.integer({ min: 0, max: 400 * DAY }), isProtected: fc.boolean() }), { maxLength: 60 })
  .map((drawn) =>
    drawn
      .toSorted((a, b) => a.ageMs - b.ageMs)
      .map(({ ageMs, isProtected }, index, all): RetainedVersion => ({
        seq: all.length - index,
        atMs: NOW - ageMs,
        isProtected,
      })),
  );

const keeps = fc.oneof(
  fc.constant<Keep>({ kind: 'all' }),
  fc.constant(staggered),
  fc.integer({ min: 1, max: 365 }).map((days): Keep => ({ kind: 'days', days })),
);

const left = (all: readonly RetainedVersion[], keep: Keep, nowMs = NOW): RetainedVersion[] => {
  const dropped = new Set(droppable(all, keep, nowMs));
  return all.filter(({ seq }) => !dropped.has(seq));
};

test('what is protected, and the newest, are never dropped', () => {
  fc.assert(
    fc.property(versions, keeps, (all, keep) => {
      const kept = new Set(left(all, keep).map(({ seq }) => seq));
      for (const { seq, isProtected } of all) if (isProtected) expect(kept.has(seq)).toBe(true);
      if (all[0]) expect(kept.has(all[0].seq)).toBe(true);
    }),
  );
});

test('thinning again drops nothing more', () => {
  fc.assert(
    fc.property(versions, keeps, (all, keep) => {
      expect(droppable(left(all, keep), keep, NOW)).toEqual([]);
    }),
  );
});

test('thinning on the way ends where thinning once at the end does', () => {
  fc.assert(
    fc.property(
      versions,
      keeps,
      fc.array(fc.integer({ min: 0, max: 60 * DAY }), { maxLength: 6 }),
      (drawn, keep, waits) => {
        const all = drawn.map((version) => ({ ...version, isProtected: false }));
        let [often, nowMs] = [all, NOW];
        for (const wait of waits) {
          nowMs += wait;
          often = left(often, keep, nowMs);
        }
        expect(left(often, keep, nowMs)).toEqual(left(all, keep, nowMs));
      },
    ),
  );
});

describe('staggered', () => {
  const ages = (all: readonly RetainedVersion[], nowMs = NOW): number[] => all.map(({ atMs }) => nowMs - atMs);
  const every = (stepMs: number, untilMs: number): RetainedVersion[] =>
    Array.from({ length: Math.floor(untilMs / stepMs) }, (_, index) => ({
      seq: 1_000_000 - index,
      atMs: NOW - index * stepMs,
      isProtected: false,
    }));

  test.each([
    ['the last hour', 10 * SECOND, HOUR, 30 * SECOND],
    ['the last day', 5 * 60 * SECOND, DAY, HOUR],
    ['the last month', HOUR, 30 * DAY, DAY],
    ['a year', DAY, 365 * DAY, 7 * DAY],
  ])('of %s leaves one a span', (_name, stepMs, untilMs, spanMs) => {
    const kept = ages(left(every(stepMs, untilMs), staggered)).filter((age) => age > untilMs / 4);
    const gaps = kept.slice(1).map((age, index) => age - (kept[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * spanMs);
    expect(kept.length).toBeLessThanOrEqual(Math.ceil((untilMs * 0.75) / spanMs) + 1);
  });
});

test('days keep what was current at the limit', () => {
  const at = (days: number, seq: number): RetainedVersion => ({ seq, atMs: NOW - days * DAY, isProtected: false });
  expect(droppable([at(1, 4), at(80, 3), at(100, 2), at(200, 1)], { kind: 'days', days: 90 }, NOW)).toEqual([1]);
});

test('what is to be kept is read from one word', () => {
  expect(['all', 'staggered', '90d'].map(parseKeep)).toEqual([
    { kind: 'all' },
    { kind: 'staggered' },
    { kind: 'days', days: 90 },
  ]);
  for (const text of ['', 'none', '0d', '-1d', '90', '90 d', '1234567d']) expect(parseKeep(text)).toBeNull();
});

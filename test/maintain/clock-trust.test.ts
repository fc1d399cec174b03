import { expect, test } from 'vitest';
import type { Clock } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { ClockTrust } from '../../src/maintain/prune/clock-trust.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.parse('2026-11-26T12:00:00Z');

interface Time {
  readonly clock: Clock;
  /** Both clocks go on, and what is done each minute is done. */
  pass(ms: number, trust?: ClockTrust): void;
  /** The wall clock alone. */
  jump(ms: number): void;
  now(): number;
}

function timeFrom(wallMs: number): Time {
  let [wall, monotonic] = [wallMs, 1000];
  return {
    clock: { ...systemClock, nowMs: () => wall, monotonicMs: () => monotonic },
    pass(ms, trust) {
      for (let left = ms; left > 0; left -= MINUTE) {
        wall += Math.min(left, MINUTE);
        monotonic += Math.min(left, MINUTE);
        trust?.tick();
      }
    },
    jump: (ms) => void (wall += ms),
    now: () => wall,
  };
}

const trustFrom = ({ clock }: Time, writtenBeforeMs: number | null, clockLeftMs: number | null = null): ClockTrust =>
  new ClockTrust(clock, { writtenBeforeMs, clockLeftMs });

test('a root that is quiet for months is pruned by a daemon that is there', () => {
  const time = timeFrom(START);
  const trust = trustFrom(time, null);
  const newest = time.now();
  time.pass(60 * DAY, trust);
  expect(trust.isBelieved(newest)).toBe(true);
});

test('a restart in between changes nothing', () => {
  const time = timeFrom(START);
  time.pass(60 * DAY);
  const stopped = time.now();
  time.pass(MINUTE);
  expect(trustFrom(time, stopped).isBelieved(START)).toBe(true);
});

test('after a long pause a day has to pass, or something has to change', () => {
  const time = timeFrom(START);
  time.pass(60 * DAY);
  const trust = trustFrom(time, START);
  expect(trust.isBelieved(START)).toBe(false);
  expect(trust.isBelieved(time.now())).toBe(true);
  time.pass(DAY, trust);
  expect(trust.isBelieved(START)).toBe(true);
});

test.each([400 * DAY, -400 * DAY])(
  'a clock that jumps by %i ms is not believed before a day, whatever is written',
  (ms) => {
    const time = timeFrom(START);
    const trust = trustFrom(time, START);
    time.pass(10 * DAY, trust);
    time.jump(ms);
    trust.tick();
    time.pass(MINUTE, trust);
    expect(trust.isBelieved(time.now())).toBe(false);
    time.pass(DAY - 10 * MINUTE, trust);
    expect(trust.isBelieved(time.now())).toBe(false);
    time.pass(20 * MINUTE, trust);
    expect(trust.isBelieved(time.now())).toBe(true);
  },
);

test('a machine that started with a wrong time is believed as soon as its clock is set', () => {
  const time = timeFrom(START);
  time.pass(MINUTE);
  time.jump(400 * DAY);
  const trust = trustFrom(time, START);
  expect(trust.isBelieved(START)).toBe(false);
  time.pass(5 * MINUTE, trust);
  time.jump(-400 * DAY);
  expect(trust.isBelieved(START)).toBe(true);
});

test('a restart does not make a clock believed that jumped before it, whatever was written by it', () => {
  const time = timeFrom(START);
  const trust = trustFrom(time, START);
  time.pass(2 * DAY, trust);
  expect(trust.leftMs).toBeNull();
  time.jump(400 * DAY);
  const { leftMs } = trust;
  expect(leftMs).toBe(START + 2 * DAY);
  time.pass(MINUTE, trust);
  const next = trustFrom(time, time.now(), leftMs);
  expect(next.isBelieved(time.now())).toBe(false);
  time.pass(DAY + MINUTE, next);
  expect(next.isBelieved(time.now())).toBe(true);
  expect(next.leftMs).toBeNull();
});

test('a clock that was set right before a restart is believed after it', () => {
  const time = timeFrom(START);
  const trust = trustFrom(time, null);
  time.pass(MINUTE, trust);
  time.jump(400 * DAY);
  const { leftMs } = trust;
  time.pass(5 * MINUTE, trust);
  time.jump(-400 * DAY);
  const next = trustFrom(time, START + 400 * DAY, leftMs);
  expect(next.isBelieved(START + 400 * DAY)).toBe(true);
  expect(next.leftMs).toBeNull();
});

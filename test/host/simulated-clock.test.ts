import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/host/simulated-clock.ts';

test('timers run in the order in which they fall due, each at its own moment', async () => {
  const clock = simulatedClock(1_000);
  const ran: string[] = [];
  clock.after(30, () => ran.push(`late at ${clock.nowMs()}`));
  clock.after(10, () => {
    ran.push(`early at ${clock.nowMs()}`);
    clock.after(5, () => ran.push(`follows at ${clock.nowMs()}`));
  });
  clock.after(20, () => ran.push('never')).cancel();
  await clock.advance(40);
  expect(ran).toStrictEqual(['early at 1010', 'follows at 1015', 'late at 1030']);
  expect([clock.nowMs(), clock.monotonicMs()]).toStrictEqual([1_040, 40]);
});

test('what a timer sets off is done before the next one runs', async () => {
  const clock = simulatedClock();
  const ran: string[] = [];
  const work = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns += 1) await clock.yieldTurn();
    ran.push('work');
  };
  clock.after(1, () => void work());
  clock.after(2, () => ran.push('next'));
  await clock.advance(2);
  expect(ran).toStrictEqual(['work', 'next']);
});

test('the wall clock may step back while durations go on', () => {
  const clock = simulatedClock(10_000);
  clock.step(-3_600_000);
  expect(clock.nowMs()).toBe(10_000 - 3_600_000);
  expect(clock.nowNs()).toBe(BigInt(10_000 - 3_600_000) * 1_000_000n);
  expect(clock.monotonicMs()).toBe(0);
});

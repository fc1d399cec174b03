import { expect, test, vi } from 'vitest';
import { keepMemoryLow, type ProcessMemory } from '../../src/host/memory.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';

const MB = 1024 * 1024;

/** A process whose size and load the test sets, and that shrinks to what it needs when asked. */
function openProcess({ neededMb }: { readonly neededMb: number }) {
  const state = { residentMb: 100, load: 0, asked: 0 };
  const memory: ProcessMemory = {
    residentBytes: () => state.residentMb * MB,
    utilization: () => state.load,
    giveBack() {
      state.asked++;
      state.residentMb = neededMb;
    },
  };
  const clock = simulatedClock();
  return { state, clock, keeper: keepMemoryLow(clock, memory) };
}

test('what a burst left behind is given back once it is quiet', async () => {
  const { state, clock, keeper } = openProcess({ neededMb: 150 });
  [state.residentMb, state.load] = [540, 0.9];
  await clock.advance(30_000);
  expect(state).toMatchObject({ residentMb: 540, asked: 0 });
  state.load = 0.01;
  await clock.advance(10_000);
  expect(state).toMatchObject({ residentMb: 150, asked: 1 });
  keeper[Symbol.dispose]();
});

test('what is needed at rest is not asked for again and again, growth beyond it is', async () => {
  const { state, clock, keeper } = openProcess({ neededMb: 400 });
  state.residentMb = 800;
  await clock.advance(60_000);
  expect(state).toMatchObject({ residentMb: 400, asked: 1 });
  state.residentMb = 600;
  await clock.advance(60_000);
  expect(state).toMatchObject({ residentMb: 400, asked: 2 });
  keeper[Symbol.dispose]();
});

test('a small process is left alone, and so is one that was closed', async () => {
  const { state, clock, keeper } = openProcess({ neededMb: 50 });
  state.residentMb = 190;
  await clock.advance(60_000);
  keeper[Symbol.dispose]();
  state.residentMb = 900;
  await clock.advance(60_000);
  expect(state.asked).toBe(0);
});

test('the real process is asked without harm', async () => {
  const clock = simulatedClock();
  const ballast = Array.from({ length: 60 }, () => new Uint8Array(4 * MB).fill(1));
  const keeper = keepMemoryLow(clock);
  const before = process.memoryUsage.rss();
  expect(ballast.splice(0)).toHaveLength(60);
  // Simulated time passes at once, but the load is measured for real.
  await vi.waitFor(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await clock.advance(10_000);
      expect(process.memoryUsage.rss()).toBeLessThan(before - 100 * MB);
    },
    { timeout: 20_000 },
  );
  keeper[Symbol.dispose]();
});

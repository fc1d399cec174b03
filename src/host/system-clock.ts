import type { Clock } from './ports.ts';

const NS_PER_MS = 1_000_000n;

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  nowNs: () => BigInt(Date.now()) * NS_PER_MS,
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  yieldTurn: () => new Promise((resolve) => void setImmediate(resolve)),
};

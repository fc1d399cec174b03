import type { Clock } from './ports.ts';
import { shareTurns } from './turns.ts';

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
  yieldTurn: shareTurns({ nowMs: () => performance.now(), soon: (run) => void setImmediate(run) }),
};

/** Time in a simulation: one clock for the whole run, of which each process has its own that ends with it. */
import type { Clock, Timer } from '../../src/host/ports.ts';

const TICK_NS = 4_000_000n;

/** File times move in ticks of the kernel, as they do on ext4: two changes of one tick look alike. */
export const coarse = (clock: Clock): Clock => ({
  ...clock,
  nowNs: () => (clock.nowNs() / TICK_NS) * TICK_NS,
});

export interface MortalClock extends Clock {
  die(): void;
}

/** Timers of a process that died never ring. */
export function mortal(clock: Clock): MortalClock {
  let isDead = false;
  return {
    nowMs: () => clock.nowMs(),
    nowNs: () => clock.nowNs(),
    monotonicMs: () => clock.monotonicMs(),
    yieldTurn: () => clock.yieldTurn(),
    after: (delayMs, run): Timer => clock.after(delayMs, () => (isDead ? undefined : run())),
    die: () => void (isDead = true),
  };
}

/** Time in a simulation: one clock for the whole run, of which each process has its own that ends with it. */
import type { Clock, Timer } from '../../src/host/ports.ts';

/** File times move in ticks of the kernel, as they do on ext4: two changes of one tick look alike. */
export const coarse = (clock: Clock, tickNs: bigint): Clock => ({
  ...clock,
  nowNs: () => (clock.nowNs() / tickNs) * tickNs,
});

export interface MortalClock extends Clock {
  die(): void;
  /** Ends all that still waits, so that the dead can be buried. */
  ring(): void;
}

/** Timers of a process that died never ring. */
export function mortal(clock: Clock): MortalClock {
  let isDead = false;
  const waiting = new Map<symbol, () => void>();
  return {
    nowMs: () => clock.nowMs(),
    nowNs: () => clock.nowNs(),
    monotonicMs: () => clock.monotonicMs(),
    yieldTurn: () => clock.yieldTurn(),
    after(delayMs, run): Timer {
      const one = Symbol('timer');
      waiting.set(one, run);
      const timer = clock.after(delayMs, () => {
        if (!isDead && waiting.delete(one)) run();
      });
      return {
        cancel() {
          waiting.delete(one);
          timer.cancel();
        },
      };
    },
    ring() {
      const runs = [...waiting.values()];
      waiting.clear();
      for (const run of runs) run();
    },
    die: () => void (isDead = true),
  };
}

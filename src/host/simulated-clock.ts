/** Time that moves only when told to, so that a run is the same each time. */
import type { Clock, Timer } from './ports.ts';

export interface SimulatedClock extends Clock {
  /** Moves on, running each timer that falls due at its own moment, in order, with everything that follows from it. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, also back; timers and durations do not notice. */
  step(ms: number): void;
}

interface Alarm {
  readonly dueMs: number;
  readonly run: () => void;
}

const NS_PER_MS = 1_000_000n;
/** Turns of the event loop that work may take which a timer has set off. */
const SETTLING_TURNS = 20;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export function simulatedClock(startMs = Date.UTC(2026, 0, 1)): SimulatedClock {
  let elapsedMs = 0;
  let wallMs = startMs;
  const alarms = new Set<Alarm>();

  const passUntil = (targetMs: number): void => {
    wallMs += targetMs - elapsedMs;
    elapsedMs = targetMs;
  };
  const nextDue = (limitMs: number): Alarm | undefined =>
    [...alarms].filter((alarm) => alarm.dueMs <= limitMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];

  return {
    nowMs: () => wallMs,
    nowNs: () => BigInt(Math.round(wallMs * 1000)) * (NS_PER_MS / 1000n),
    monotonicMs: () => elapsedMs,
    after(delayMs, run): Timer {
      const alarm = { dueMs: elapsedMs + Math.max(0, delayMs), run };
      alarms.add(alarm);
      return { cancel: () => void alarms.delete(alarm) };
    },
    yieldTurn: turn,
    step: (ms) => void (wallMs += ms),
    async advance(ms) {
      const endMs = elapsedMs + ms;
      for (let alarm = nextDue(endMs); alarm; alarm = nextDue(endMs)) {
        alarms.delete(alarm);
        passUntil(alarm.dueMs);
        alarm.run();
        for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await turn();
      }
      passUntil(endMs);
    },
  };
}

/** A real disk that is given a fault, or dies, between two calls, and a clock whose timers wait for the test. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultyFileSystem, type Fault, type FaultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileSystem, Timer } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';

export interface SwitchedDisk {
  readonly fs: FileSystem;
  /** From here on the calls count, until the next switch. */
  give(plan: readonly Fault[]): FaultyFileSystem;
  heal(): void;
  /** Something that somebody else does just before the next such call. */
  justBefore(call: keyof FileSystem, run: () => void): void;
}

export function switchedDisk(): SwitchedDisk {
  let current = faultyFileSystem(nodeFileSystem, []);
  const interludes = new Map<string, () => void>();
  const delegate = (name: string): [string, unknown] => [
    name,
    (...parameters: unknown[]): unknown => {
      const interlude = interludes.get(name);
      interludes.delete(name);
      interlude?.();
      return (current[name as keyof FileSystem] as (...all: unknown[]) => unknown)(...parameters);
    },
  ];
  const methods = Object.keys(current).filter((name) => !['counts', 'fired', 'die'].includes(name));
  return {
    fs: Object.fromEntries(methods.map(delegate)) as unknown as FileSystem,
    give(plan) {
      current = faultyFileSystem(nodeFileSystem, plan);
      return current;
    },
    heal() {
      current = faultyFileSystem(nodeFileSystem, []);
    },
    justBefore: (call, run) => void interludes.set(call, run),
  };
}

export interface PatientClock extends Clock {
  /** Lets durations pass: what falls due runs now. The wall clock goes on by itself. */
  skip(ms: number): Promise<void>;
  /** Moves the wall clock alone, also back. */
  step(ms: number): void;
}

const TURNS = 4;

export function patientClock(): PatientClock {
  let skippedMs = 0;
  let steppedMs = 0;
  const monotonicMs = (): number => systemClock.monotonicMs() + skippedMs;
  const alarms = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  const nextDue = (limitMs: number) =>
    [...alarms].filter(({ dueMs }) => dueMs <= limitMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + steppedMs,
    nowNs: () => systemClock.nowNs() + BigInt(steppedMs) * 1_000_000n,
    monotonicMs,
    step: (ms) => void (steppedMs += ms),
    after(delayMs, run): Timer {
      const alarm = { dueMs: monotonicMs() + delayMs, run };
      alarms.add(alarm);
      return { cancel: () => void alarms.delete(alarm) };
    },
    async skip(ms) {
      const endMs = monotonicMs() + ms;
      for (let alarm = nextDue(endMs); alarm; alarm = nextDue(endMs)) {
        alarms.delete(alarm);
        skippedMs += Math.max(0, alarm.dueMs - monotonicMs());
        alarm.run();
        for (let turn = 0; turn < TURNS; turn += 1) await systemClock.yieldTurn();
      }
      skippedMs += Math.max(0, endMs - monotonicMs());
    },
  };
}

export interface Directory extends Disposable {
  readonly path: string;
}

/** In memory where the machine has such a place: every call is real, and syncs cost nothing. */
export function fastDirectory(): Directory {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'larder-refusals-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

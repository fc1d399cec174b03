/** Where the model-based runs happen: on a simulated machine, or on real files with time that passes only when told to. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock, type SimulatedClock } from '../../src/host/simulated-clock.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { Machine } from '../simulator/machine.ts';
import type { Ground } from '../simulator/process.ts';

export interface Place extends Ground, Disposable {
  readonly clock: SimulatedClock;
  /** Lets work go on that waits for neither a timer nor a turn of the event loop. */
  idle(): Promise<void>;
}

export function simulatedPlace(seed: number, root: string): Place {
  const machine = new Machine(seed, root);
  return {
    disk: machine.disk,
    clock: machine.clock,
    random: machine.random,
    root,
    derived: machine.derived,
    tell: () => {},
    observe: () => {},
    idle: () => machine.clock.yieldTurn(),
    [Symbol.dispose]() {},
  };
}

export function realPlace(): Place {
  const root = mkdtempSync(join(tmpdir(), 'larder-model-'));
  const derived = `${root}/.larder/derived`;
  mkdirSync(derived, { recursive: true });
  return {
    disk: nodeFileSystem,
    clock: hastened(),
    random: systemRandom,
    root,
    derived,
    tell: () => {},
    observe: () => {},
    idle: () => new Promise((resolve) => void setTimeout(resolve, 1)),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The wall clock is the system's, because file times are; what waits is called when time is said to have passed. */
const hastened = (): SimulatedClock => ({
  ...simulatedClock(),
  nowMs: () => systemClock.nowMs(),
  nowNs: () => systemClock.nowNs(),
});

/** Larder on a simulated machine, with files so large that no log keeps their bytes. */
import { digestOf } from '../../src/core/digest.ts';
import { Crash } from '../../src/host/faulty-file-system.ts';
import type { Machine } from '../simulator/machine.ts';
import { Process, type Sabotage, type Surroundings } from '../simulator/process.ts';
import { settled } from '../simulator/settlement.ts';
import { me } from './world.ts';

export const CALM = { meanwhile: () => {}, failure: () => null };
export const SWAPS: readonly string[] = ['exchange', 'rename', 'renameNoReplace', 'link'];
export const MIB = 1024 * 1024;
export const LARGE = MIB + 10;
export const LIMIT_MS = 60_000;

export async function start(machine: Machine, around: Surroundings = CALM, sabotage: Sabotage = {}): Promise<Process> {
  const process = new Process(machine, around, sabotage, 0);
  while (!process.larder) await machine.clock.yieldTurn();
  await settled(machine.clock, process.larder.ready, LIMIT_MS);
  return process;
}

export async function put(
  machine: Machine,
  { larder }: Process,
  path: string,
  fill: string,
  size = LARGE,
): Promise<string> {
  if (!larder) throw new Error('it does not run');
  const bytes = Buffer.alloc(size, fill);
  await settled(machine.clock, larder.putFile('ns', path, bytes, me, undefined), LIMIT_MS);
  return digestOf(bytes);
}

/** A process that dies, once `isDue`, where it would put `file.bin` in place: in the log alone it has what it wrote. */
export async function startDying(machine: Machine, isDue: () => boolean): Promise<Process> {
  const process = await start(machine, {
    ...CALM,
    meanwhile(call, path) {
      if (!isDue() || !path.endsWith('/file.bin') || !SWAPS.includes(call)) return;
      process.die();
      throw new Crash();
    },
  });
  return process;
}

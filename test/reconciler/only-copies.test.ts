/** A write whose bytes no log keeps was cut off before its swap: until it is in place, its temp file is the only copy. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { Machine } from '../simulator/machine.ts';
import type { Process } from '../simulator/process.ts';
import { settled } from '../simulator/settlement.ts';
import { CALM, LARGE, LIMIT_MS, put, start, startDying, SWAPS } from './large-files.ts';
import { me } from './world.ts';

const FILE = 'ns/files/file.bin';
const NEW = Buffer.alloc(LARGE, 'b');

interface Cut extends Disposable {
  readonly machine: Machine;
}

/** The old version is acknowledged and checkpointed, the new one is in the log alone, and the power went. */
async function cutBeforeTheSwap(seed: number): Promise<Cut> {
  const root = mkdtempSync(join(tmpdir(), 'larder-only-'));
  const machine = new Machine(seed, root);
  machine.disk.makeDirectory(machine.at('ns'));
  let dies = false;
  const process = await startDying(machine, () => dies);
  await put(machine, process, 'file.bin', 'a');
  await pass(machine, 10_000);
  dies = true;
  process.larder?.putFile('ns', 'file.bin', NEW, me, undefined).catch(() => {});
  while (!process.isDead) await machine.clock.yieldTurn();
  await cutPower(machine, process);
  expect(machine.digestAt(FILE)).toBe(digestOf(Buffer.alloc(LARGE, 'a')));
  return { machine, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

const pass = (machine: Machine, ms: number): Promise<void> =>
  settled(machine.clock, machine.clock.advance(ms), LIMIT_MS);

async function cutPower(machine: Machine, process: Process): Promise<void> {
  machine.disk = machine.disk.crash(machine.chance);
  await process.bury();
}

const isNew = (machine: Machine): boolean => machine.digestAt(FILE) === digestOf(NEW);

const historyIn = ({ larder }: Process): string[] | undefined =>
  larder
    ?.history({ collection: 'ns/files', id: 'file.bin' }, { before: null, limit: 10 })
    ?.items.map(({ op, actor }) => `${op} by ${actor}`);

const AS_WRITTEN = ['update by test', 'create by test'];

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'a second power cut, seconds after a start completed the write, does not lose it (%i)',
  async (seed) => {
    using cut = await cutBeforeTheSwap(seed);
    const { machine } = cut;
    const second = await start(machine);
    expect(isNew(machine)).toBe(true);
    // What the swap brought out is gone by now, and another write syncs.
    await pass(machine, 2600);
    await put(machine, second, 'other.bin', 'c');
    await cutPower(machine, second);
    const third = await start(machine);
    expect(isNew(machine)).toBe(true);
    expect(historyIn(third)).toEqual(AS_WRITTEN);
    await third.bury();
  },
);

test('a start on a full disk completes it, because that needs no room', async () => {
  using cut = await cutBeforeTheSwap(1);
  const { machine } = cut;
  const failure = (call: string, path: string): string | null =>
    call === 'write' && path.includes('/.larder/tmp/') ? 'ENOSPC' : null;
  const second = await start(machine, { ...CALM, failure });
  expect(isNew(machine)).toBe(true);
  expect(historyIn(second)).toEqual(AS_WRITTEN);
  await second.bury();
});

test.each([1, 2, 3, 4])('a disk that refuses the swap for long does not lose it (%i)', async (seed) => {
  using cut = await cutBeforeTheSwap(seed);
  const { machine } = cut;
  let refuses = true;
  const failure = (call: string, path: string): string | null =>
    refuses && path.endsWith('/file.bin') && SWAPS.includes(call) ? 'EIO' : null;
  const second = await start(machine, { ...CALM, failure });
  await pass(machine, 10_000);
  expect(isNew(machine)).toBe(false);
  // By the same process, or by the next one after another cut.
  refuses = seed % 2 === 0;
  await pass(machine, 5000);
  expect(isNew(machine)).toBe(!refuses);
  expect(historyIn(second)).toEqual(AS_WRITTEN);
  await cutPower(machine, second);
  const third = await start(machine);
  expect(isNew(machine)).toBe(true);
  expect(historyIn(third)).toEqual(AS_WRITTEN);
  await pass(machine, 10_000);
  expect(machine.disk.readDirectory(machine.at('.larder/tmp'))).toEqual([]);
  await third.bury();
});

test('a write that can neither be kept in place nor taken back keeps its only copy until it is placed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'larder-only-'));
  try {
    const machine = new Machine(1, root);
    machine.disk.makeDirectory(machine.at('ns'));
    let fault: 'none' | 'at sync' | 'at the look' | 'at swaps' = 'none';
    const process = await start(machine, {
      ...CALM,
      failure(call, path) {
        const isSync = call === 'fsync' && path.endsWith('/ns/files');
        const isLook = call === 'lstat' && path.includes('/.larder/tmp/');
        // The name cannot be synced; then the swap goes back, and cannot be seen to have done so; then nothing is swapped.
        if (fault === 'at sync' && isSync) fault = 'at the look';
        else if (fault === 'at the look' && isLook) fault = 'at swaps';
        else if (fault !== 'at swaps' || !SWAPS.includes(call) || !path.endsWith('/file.bin')) return null;
        return 'EIO';
      },
    });
    await put(machine, process, 'file.bin', 'a');
    await pass(machine, 10_000);
    fault = 'at sync';
    await put(machine, process, 'file.bin', 'b');
    expect(fault).toBe('at swaps');
    await pass(machine, 10_000);
    expect(isNew(machine)).toBe(false);
    fault = 'none';
    await pass(machine, 5000);
    expect(isNew(machine)).toBe(true);
    expect(historyIn(process)).toEqual(AS_WRITTEN);
    await process.bury();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.each([
  ['a start completes it', 'cut'],
  ['its abort takes it back, and the copy goes', 'healed'],
] as const)('a write whose refusal the log does not take keeps its only copy until %s', async (_, end) => {
  const root = mkdtempSync(join(tmpdir(), 'larder-only-'));
  try {
    const machine = new Machine(1, root);
    machine.disk.makeDirectory(machine.at('ns'));
    let fault: 'none' | 'at swaps' | 'at the log' = 'none';
    const process = await start(machine, {
      ...CALM,
      failure(call, path) {
        // Its name cannot be synced; then the swap goes back, and the log takes no abort.
        if (fault === 'at swaps' && call === 'fsync' && path.endsWith('/ns/files')) fault = 'at the log';
        else if (fault !== 'at the log' || !path.includes('/.larder/log')) return null;
        return 'EIO';
      },
    });
    await put(machine, process, 'file.bin', 'a');
    await pass(machine, 10_000);
    fault = 'at swaps';
    await expect(put(machine, process, 'file.bin', 'b')).rejects.toMatchObject({ members: { outcome: 'unknown' } });
    await pass(machine, 5000);
    expect(isNew(machine)).toBe(false);
    if (end === 'healed') {
      fault = 'none';
      await pass(machine, 10_000);
      expect(historyIn(process)).toEqual(['create by test']);
      expect(machine.disk.readDirectory(machine.at('.larder/tmp'))).toEqual([]);
      return await process.bury();
    }
    // Whatever was removed is gone for good.
    machine.disk.fsyncSync(machine.disk.open(machine.at('.larder/tmp'), 'directory'));
    await cutPower(machine, process);
    const next = await start(machine);
    expect([isNew(machine), historyIn(next)]).toEqual([true, AS_WRITTEN]);
    await next.bury();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

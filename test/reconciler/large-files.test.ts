/** Bytes that no log keeps: a write of more than 1 MiB below `files/` is on the disk in its place before it is answered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { Machine } from '../simulator/machine.ts';
import { settled } from '../simulator/settlement.ts';
import { CALM, LARGE, LIMIT_MS, MIB, put, start, startDying } from './large-files.ts';
import { me } from './world.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'a large file that was answered survives a power cut right after (%i)',
  async (seed) => {
    const root = mkdtempSync(join(tmpdir(), 'larder-large-'));
    try {
      const machine = new Machine(seed, root);
      machine.disk.makeDirectory(machine.at('ns'));
      const process = await start(machine);
      await put(machine, process, 'deep/er/replaced.bin', 'a');
      const digests = {
        'deep/er/replaced.bin': await put(machine, process, 'deep/er/replaced.bin', 'b'),
        'new/file.bin': await put(machine, process, 'new/file.bin', 'c'),
      };
      machine.disk = machine.disk.crash(machine.chance);
      await process.bury();
      const found = Object.keys(digests).map((path) => [path, machine.digestAt(`ns/files/${path}`)]);
      expect(Object.fromEntries(found)).toEqual(digests);
      const next = await start(machine);
      await next.bury();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test.each([
  [1, LARGE, LARGE],
  [2, LARGE, LARGE],
  [3, 10, LARGE],
  [4, 17 * MIB, LARGE],
  [5, 17 * MIB, 10],
])(
  'a start completes a write whose process died before the swap (%i: %i bytes, then %i)',
  async (seed, before, after) => {
    const root = mkdtempSync(join(tmpdir(), 'larder-large-'));
    try {
      const machine = new Machine(seed, root);
      machine.disk.makeDirectory(machine.at('ns'));
      let dies = false;
      const process = await startDying(machine, () => dies);
      await put(machine, process, 'file.bin', 'a', before);
      await settled(machine.clock, machine.clock.advance(10_000), LIMIT_MS);
      dies = true;
      const bytes = Buffer.alloc(after, 'b');
      process.larder?.putFile('ns', 'file.bin', bytes, me, undefined).catch(() => {});
      while (!process.isDead) await machine.clock.yieldTurn();
      machine.disk = machine.disk.crash(machine.chance);
      await process.bury();
      const next = await start(machine);
      expect(machine.digestAt('ns/files/file.bin')).toBe(digestOf(bytes));
      const answer = next.larder?.history({ collection: 'ns/files', id: 'file.bin' }, { before: null, limit: 10 });
      expect(answer?.items.map(({ op, actor }) => `${op} by ${actor}`)).toEqual(['update by test', 'create by test']);
      await next.bury();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test('a file of any size that a write brought out of the tree stops no start, and is never held whole', async () => {
  const root = mkdtempSync(join(tmpdir(), 'larder-large-'));
  try {
    const machine = new Machine(1, root);
    machine.disk.makeDirectory(machine.at('ns'));
    machine.disk.makeDirectory(machine.at('ns/files'));
    const fd = machine.disk.open(machine.at('ns/files/film.bin'), 'create-new');
    machine.disk.write(fd, Buffer.alloc(65 * MIB, 'f'), 0, 65 * MIB, 0);
    machine.disk.close(fd);
    const process = await start(machine);
    await settled(machine.clock, machine.clock.advance(10_000), LIMIT_MS);
    await put(machine, process, 'film.bin', 'n');
    expect(machine.disk.readDirectory(machine.at('.larder/tmp'))).toHaveLength(1);
    process.die();
    await process.bury();
    let longest = 0;
    const fs = (whole: FileSystem): FileSystem => ({
      ...whole,
      read(one, buffer, offset, length, position) {
        longest = Math.max(longest, length);
        return whole.read(one, buffer, offset, length, position);
      },
    });
    const next = await start(machine, CALM, { fs });
    await settled(machine.clock, machine.clock.advance(10_000), LIMIT_MS);
    expect(longest).toBeLessThanOrEqual(64 * MIB);
    expect(machine.disk.readDirectory(machine.at('.larder/tmp'))).toEqual([]);
    const answer = next.larder?.history({ collection: 'ns/files', id: 'film.bin' }, { before: null, limit: 10 });
    expect(answer?.items.map(({ op }) => op)).toEqual(['update', 'create']);
    await next.bury();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** A program that opened a file before a write replaced it saves into what was brought out, however late. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statKeyOf } from '../../src/core/stat-key.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileStat } from '../../src/host/ports.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { Displaced } from '../../src/reconciler/displaced.ts';
import { openGuarded } from './guarded-world.ts';
import { bytes, me, ref } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const A = 'lod/things/a.json';

test('what is saved minutes later is a version of its own, and the file goes when it is closed', async () => {
  await using world = await openGuarded({ [A]: '{"v": 1}' });
  const kinds = (): readonly (string | null)[] =>
    world.larder.history(ref('a'), { before: null, limit: 10 })?.items.map(({ kind }) => kind) ?? [];
  const displaced = (): readonly string[] => readdirSync(world.at('.larder/tmp'));
  const saving = openSync(world.at(A), 'r+');
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  await world.pass(5 * MINUTE_MS);
  expect(displaced()).toHaveLength(1);
  ftruncateSync(saving, 0);
  writeSync(saving, '{"v": "saved late"}', 0);
  await world.until(() => kinds().includes('rescued'));
  expect(kinds()).toEqual(['rescued', 'valid', 'valid']);
  closeSync(saving);
  await world.until(() => displaced().length === 0);
});

test('a checkpoint waits a minute for it, an orderly stop leaves it, and readers hold nothing up', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-kept-open-'));
  const clock = simulatedClock(Date.now() + DAY_MS);
  const kept: string[] = [];
  const displaced = new Displaced({
    fs: nodeFileSystem,
    clock,
    leave: undefined,
    rescue: async (file) => void kept.push(file),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const add = (name: string, seq: number): string => {
    const file = join(directory, name);
    writeFileSync(file, 'old');
    displaced.add(file, `ns/c/${name}.json`, seq, statKeyOf(nodeFileSystem.lstat(file) as FileStat));
    return file;
  };
  const written = openSync(add('written', 8), 'a');
  const read = openSync(add('read', 9), 'r');
  await clock.advance(10_000);
  await expect.poll(() => readdirSync(directory), { timeout: 20_000 }).toEqual(['written']);
  expect(displaced.settledUpTo).toBe(7);
  await clock.advance(MINUTE_MS);
  expect(displaced.settledUpTo, 'a checkpoint may pass it').toBe(Number.MAX_SAFE_INTEGER);
  await displaced.close();
  expect(readdirSync(directory)).toEqual(['written']);
  expect(kept).toEqual([]);
  for (const fd of [written, read]) closeSync(fd);
  rmSync(directory, { recursive: true });
});

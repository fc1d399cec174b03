import { closeSync, openSync, utimesSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { Placements } from '../../src/reconciler/placements.ts';
import { bytes, me, openTestLarder, ref } from './world.ts';

const body = (v: number): Uint8Array => bytes({ v });

/** Into the file that is there, without changing its size. */
function overwrite(file: string, text: string): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, text, 0);
  closeSync(fd);
}

test('a save into a file that was placed in the same moment is found by the next rescan, however short the moment', async () => {
  await using world = await openTestLarder();
  for (let round = 0; round < 100; round++) {
    const id = `d${round}`;
    await world.larder.write({ ref: ref(id), change: { op: 'put', body: body(1) } }, me);
    overwrite(world.at(`lod/things/${id}.json`), '{\n  "v": 2\n}\n');
  }
  await world.larder.rescan();
  const byHand = world.events().filter(({ cause }) => cause === 'hand');
  expect(byHand.map(({ op, id }) => `${op} ${id}`).toSorted()).toEqual(
    Array.from({ length: 100 }, (_, round) => `update d${round}`).toSorted(),
  );
});

test('a save into a file that was placed in the same moment is kept by the next write, however short the moment', async () => {
  await using world = await openTestLarder();
  const put = (v: number) => world.larder.write({ ref: ref('a'), change: { op: 'put', body: body(v) } }, me);
  for (let round = 0; round < 60; round++) {
    await put(1);
    overwrite(world.at('lod/things/a.json'), `{\n  "v": ${2 + (round % 2)}\n}\n`);
    await put(4);
  }
  await world.larder.rescan();
  const kept = world.events().filter(({ cause }) => cause === 'hand');
  expect(kept).toHaveLength(60);
});

test('what was just written is not read again, unless somebody touched it', async () => {
  const opened: string[] = [];
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, mode, permissions) {
      if (mode === 'read') opened.push(path);
      return nodeFileSystem.open(path, mode, permissions);
    },
  };
  const host = { fs, clock: systemClock, random: systemRandom, inThread: true };
  await using world = await openTestLarder({}, { host, watcher: 'auto' });
  const file = world.at('lod/things/a.json');
  for (let v = 1; v < 5; v++) await world.larder.write({ ref: ref('a'), change: { op: 'put', body: body(v) } }, me);
  const readBefore = opened.filter((path) => path === file).length;
  await world.larder.rescan();
  expect(
    opened.filter((path) => path === file),
    'only the looks before the writes',
  ).toHaveLength(readBefore);
  utimesSync(file, 1, 1);
  await expect
    .poll(() => opened.filter((path) => path === file).length, { timeout: 20_000 })
    .toBeGreaterThan(readBefore);
});

test('a file whose bytes and name have the same time proves nothing, nor does one of another size or another inode', () => {
  const stat = nodeFileSystem.lstat(import.meta.filename);
  if (!stat) throw new Error('this file is there');
  const placedAs = (now: Partial<typeof stat>): boolean => {
    const placements = new Placements(systemClock);
    const at = { ...stat, ctimeNs: stat.mtimeNs + 1n, ...now };
    placements.note('a', { file: '/tmp/a', stat }, at);
    return placements.keyOf('a') !== undefined && placements.explains({ lstat: () => at }, 'a', '/a');
  };
  expect(placedAs({})).toBe(true);
  expect(placedAs({ ctimeNs: stat.mtimeNs })).toBe(false);
  expect(placedAs({ size: stat.size + 1 })).toBe(false);
  expect(placedAs({ ino: stat.ino + 1n })).toBe(false);
  expect(placedAs({ mtimeNs: stat.mtimeNs + 1n, ctimeNs: stat.mtimeNs + 2n })).toBe(false);
});

test('a placement explains a hint only as long as the file is as it was left', () => {
  const stat = nodeFileSystem.lstat(import.meta.filename);
  if (!stat) throw new Error('this file is there');
  let now: typeof stat | undefined = { ...stat, ctimeNs: stat.mtimeNs + 1n };
  const fs = { lstat: () => now };
  const placements = new Placements(systemClock);
  placements.note('a', { file: '/tmp/a', stat }, now);
  expect([placements.explains(fs, 'a', '/a'), placements.explains(fs, 'b', '/b')]).toEqual([true, false]);
  now = { ...stat, ctimeNs: stat.mtimeNs + 2n };
  expect(placements.explains(fs, 'a', '/a')).toBe(false);
  now = undefined;
  expect(placements.explains(fs, 'a', '/a')).toBe(false);
});

test('what is told of a file while somebody else places it is given back when it is placed, once', () => {
  const placements = new Placements(systemClock);
  placements.begin(['a', 'b']);
  expect(['a', 'c'].map((path) => placements.postpones(path))).toEqual([true, false]);
  expect(placements.end(['a', 'b'])).toEqual(['a']);
  expect([placements.postpones('a'), placements.end(['a'])]).toEqual([false, []]);
});

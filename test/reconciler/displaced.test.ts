/** Files that a swap brought out leave side by side, and an orderly stop waits for the last of them. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statKeyOf } from '../../src/core/stat-key.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileStat, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { Displaced, type DisplacedOptions } from '../../src/reconciler/displaced.ts';
import { leaveAll } from '../../src/files/leaving.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { rescue } from '../../src/reconciler/rescue.ts';
import type { World } from '../../src/reconciler/world.ts';
import { openTestLarder } from './world.ts';

const YESTERDAY = new Date(Date.now() - 24 * 3600 * 1000);

interface DisplacedWorld extends Disposable {
  readonly displaced: Displaced;
  readonly failures: unknown[];
  readonly names: () => string[];
  readonly at: (n: number) => string;
}

function openWorld(
  count: number,
  remove: (path: string) => Promise<void>,
  leave?: DisplacedOptions['leave'],
  rescue: DisplacedOptions['rescue'] = async () => {},
): DisplacedWorld {
  const directory = mkdtempSync(join(tmpdir(), 'larder-displaced-'));
  const fs: FileSystem = { ...nodeFileSystem, remove };
  const failures: unknown[] = [];
  const displaced = new Displaced({
    fs,
    clock: systemClock,
    leave,
    rescue,
    onFailure: (error) => void failures.push(error),
  });
  for (let n = 0; n < count; n++) {
    const file = join(directory, `${n}`);
    writeFileSync(file, 'old');
    utimesSync(file, YESTERDAY, YESTERDAY);
    displaced.add(file, `ns/c/${n}.json`, n + 1, statKeyOf(fs.lstat(file) as FileStat));
  }
  return {
    displaced,
    failures,
    names: () => readdirSync(directory),
    at: (n) => join(directory, `${n}`),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

const removeFile = (path: string): Promise<void> => (nodeFileSystem.remove as NonNullable<FileSystem['remove']>)(path);

test('a few at once, and no more', async () => {
  let [running, most] = [0, 0];
  using world = openWorld(40, async (path) => {
    most = Math.max(most, ++running);
    await removeFile(path);
    running--;
  });
  expect(world.displaced.settledUpTo).toBe(0);
  await world.displaced.close();
  expect([world.names(), world.failures, running]).toEqual([[], [], 0]);
  expect(world.displaced.settledUpTo).toBe(Number.MAX_SAFE_INTEGER);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});

test('one that cannot be removed waits on, is told, and holds no other back', async () => {
  using world = openWorld(20, (path) =>
    path.endsWith('/3') ? Promise.reject(new Error('EIO: broken')) : removeFile(path),
  );
  await world.displaced.close();
  expect(world.names()).toEqual(['3']);
  expect(world.failures).toEqual([new Error('EIO: broken')]);
  expect(world.displaced.settledUpTo, 'no checkpoint passes it').toBe(3);
});

test('many leave by way of the thread for that, which says of each what became of it', async () => {
  const calls: number[] = [];
  const stays = (path: string): boolean => path.endsWith('/3');
  const fs: FileSystem = {
    ...nodeFileSystem,
    unlink(path) {
      if (stays(path)) throw Object.assign(new Error('EIO: broken'), { code: 'EIO' });
      nodeFileSystem.unlink(path);
    },
  };
  using world = openWorld(450, removeFile, async (files) => {
    calls.push(files.length);
    return leaveAll(fs, files);
  });
  await world.displaced.close();
  expect(calls).toEqual([200, 200, 50]);
  expect(world.names()).toEqual(['3']);
  expect(world.failures).toEqual([Object.assign(new Error('EIO: broken'), { code: 'EIO' })]);
  expect(world.displaced.settledUpTo, 'no checkpoint passes it').toBe(3);
});

test('what was saved into meanwhile is kept, and what is gone is no failure', async () => {
  const kept: string[] = [];
  using world = openWorld(
    20,
    removeFile,
    async (files) => leaveAll(nodeFileSystem, files),
    async (file) => {
      kept.push(file.slice(-2));
    },
  );
  writeFileSync(world.at(5), 'saved late');
  rmSync(world.at(6));
  await world.displaced.close();
  expect([world.names(), world.failures, kept]).toEqual([['5'], [], ['/5']]);
});

test('what is rescued keeps its bytes as long as they are no more than are held', async () => {
  let inner: World | null = null;
  const host = { fs: nodeFileSystem, clock: systemClock, random: systemRandom, heldBytes: 64 };
  await using larder = await openTestLarder({}, { host: { ...host, world: (world) => (inner = world) } });
  for (const [seq, size] of [64, 65].entries()) {
    const file = larder.at(`.larder/tmp/brought-out-${size}`);
    writeFileSync(file, Buffer.alloc(size, 'x'));
    if (inner) await rescue(inner, file, 'lod/files/a.bin');
    rmSync(file);
    expect(larder.events().length, 'each is a version').toBe(seq + 1);
  }
  const history = larder.larder.history({ collection: 'lod/files', id: 'a.bin' }, { before: null, limit: 9 })?.items;
  expect(history?.map(({ size, kind, gone }) => [size, kind, gone ?? null])).toEqual([
    [65, 'rescued', 'too_large'],
    [64, 'rescued', null],
  ]);
});

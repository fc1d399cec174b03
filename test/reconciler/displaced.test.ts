/** Files that a swap brought out leave side by side, and an orderly stop waits for the last of them. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statKeyOf } from '../../src/core/stat-key.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileStat, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { Displaced } from '../../src/reconciler/displaced.ts';

const YESTERDAY = new Date(Date.now() - 24 * 3600 * 1000);

interface DisplacedWorld extends Disposable {
  readonly displaced: Displaced;
  readonly failures: unknown[];
  readonly names: () => string[];
}

function openWorld(count: number, remove: (path: string) => Promise<void>): DisplacedWorld {
  const directory = mkdtempSync(join(tmpdir(), 'larder-displaced-'));
  const fs: FileSystem = { ...nodeFileSystem, remove };
  const failures: unknown[] = [];
  const displaced = new Displaced({
    fs,
    clock: systemClock,
    rescue: async () => {},
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

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { watchWithChokidar } from '../../src/files/watcher/chokidar.ts';
import { watchDirectories } from '../../src/files/watcher/directories.ts';
import { watchByPolling } from '../../src/files/watcher/polling.ts';
import { startWatcher } from '../../src/files/watcher/start.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { watchDirectory } from '../../src/host/watch-directory.ts';
import { openWatchedWorld, testWatcher, type OpenWatcher } from './watcher-suite.ts';

const real = { fs: nodeFileSystem, clock: systemClock };
/** Two seconds of polling pass in the twentieth part. */
const hurried: Clock = { ...systemClock, after: (delayMs, run) => systemClock.after(delayMs / 20, run) };

describe('chokidar', () => {
  testWatcher((options) => watchWithChokidar({ ...real, ...options }));
});
describe('one watch a directory', () => {
  testWatcher((options) => watchDirectories({ ...real, ...options }));
});
describe('polling', () => {
  testWatcher((options) => watchByPolling({ fs: nodeFileSystem, clock: hurried, ...options }));
});

const refusal = (code: string): Error => Object.assign(new Error(`watch ${code}`), { code, syscall: 'watch' });

/** A kernel that grants so many watches and no more. */
function limited(most: { watches: number }): OpenWatcher {
  let held = 0;
  return (options) =>
    watchDirectories({
      ...real,
      ...options,
      watchOne: (path, listeners) => {
        if (held >= most.watches) throw refusal('ENOSPC');
        held += 1;
        const watch = watchDirectory(path, listeners);
        return {
          close: () => {
            held -= 1;
            watch.close();
          },
        };
      },
    });
}

const TREE = ['a/x/1.json', 'a/y/2.json', 'b/x/3.json', 'b/y/4.json'];

test('a limit of watches that is reached is told once, with how many and what to do', async () => {
  await using world = await openWatchedWorld(limited({ watches: 3 }), TREE);
  expect(world.troubles).toEqual([
    expect.stringMatching(/ and 3 more directories cannot be watched: ENOSPC; raise fs\.inotify\.max_user_watches$/),
  ]);
  expect([world.watcher.watches, world.watcher.blind]).toEqual([3, 4]);
  await world.watcher.rearm();
  expect(world.troubles).toHaveLength(1);
});

test('what was refused is watched as soon as the limit allows it, and looked at then', async () => {
  const most = { watches: 3 };
  await using world = await openWatchedWorld(limited(most), TREE);
  most.watches = 100;
  world.hints.length = 0;
  await world.watcher.rearm();
  expect([world.watcher.watches, world.watcher.blind]).toEqual([7, 0]);
  expect(world.hints).toHaveLength(4);
  for (const path of TREE) await world.expectHint(() => world.save(path, '{"v": 2}'), path);
});

test('a name that came to mean another directory without a sound is watched anew', async () => {
  await using world = await openWatchedWorld(
    (options) => watchDirectories({ ...real, ...options, watchOne: deaf }),
    TREE,
  );
  // Nothing is heard at all, as after an overflow; only identity tells.
  renameSync(world.at('a/x'), world.at('t'));
  renameSync(world.at('b/x'), world.at('a/x'));
  renameSync(world.at('t'), world.at('b/x'));
  world.hints.length = 0;
  await world.watcher.rearm();
  expect(world.hints.map(({ directory }) => directory).toSorted()).toEqual(['a/x', 'b/x']);
});

const deaf = (): { close: () => void } => ({ close: () => {} });

test('a directory that left the tree while nothing was heard is watched no longer', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'larder-outside-'));
  await using world = await openWatchedWorld(
    (options) => watchDirectories({ ...real, ...options, watchOne: deaf }),
    TREE,
  );
  expect(world.watcher.watches).toBe(7);
  renameSync(world.at('b'), join(outside, 'b'));
  await world.watcher.rearm();
  expect(world.watcher.watches).toBe(4);
  rmSync(outside, { recursive: true });
});

test('a directory that cannot be read for a moment loses no watch of what lies in it', async () => {
  let isShort = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    readDirectory(path) {
      if (isShort) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'scandir' });
      return nodeFileSystem.readDirectory(path);
    },
  };
  await using world = await openWatchedWorld((options) => watchDirectories({ ...real, ...options, fs }), TREE);
  isShort = true;
  await world.watcher.rearm();
  expect([world.watcher.watches, world.watcher.blind]).toEqual([7, 0]);
  await world.expectHint(() => world.save(TREE[0] ?? '', '{"v": 2}'), TREE[0] ?? '');
});

test('a watch that ends with an error is asked for again, and the trouble told', async () => {
  const failBy = new Map<string, (error: unknown) => void>();
  const open: OpenWatcher = (options) =>
    watchDirectories({
      ...real,
      ...options,
      watchOne: (path, listeners) => {
        failBy.set(path, listeners.onError);
        return watchDirectory(path, listeners);
      },
    });
  await using world = await openWatchedWorld(open, TREE);
  failBy.get(world.at('a/x'))?.(refusal('EIO'));
  expect(world.troubles).toEqual(['the watch of a/x ended: EIO']);
  await expect.poll(() => world.watcher.watches).toBe(7);
  await world.expectHint(() => world.save('a/x/1.json', '{"v": 2}'), 'a/x/1.json');
});

/** Limits of the kernel belong to a user namespace, so that this test starves nobody else. */
const starve = (setting: string, most: number, program: string): ReturnType<typeof spawnSync> =>
  spawnSync(
    'unshare',
    [
      '--user',
      '--map-root-user',
      'sh',
      '-c',
      `echo ${most} >/proc/sys/user/${setting} && exec ${process.execPath} ${program}`,
    ],
    {
      encoding: 'utf8',
      timeout: 25_000,
    },
  );

const canStarve = starve('max_inotify_watches', 3, '--version').status === 0;

test.skipIf(!canStarve).each([
  ['chokidar', 'max_inotify_watches', 2, 'ENOSPC'],
  ['directories', 'max_inotify_watches', 2, 'ENOSPC'],
  ['chokidar', 'max_inotify_instances', 0, 'EMFILE'],
  ['directories', 'max_inotify_instances', 0, 'EMFILE'],
])('%s under a %s of %d tells %s and goes on', async (kind, setting, most, code) => {
  const root = mkdtempSync(join(tmpdir(), 'larder-watch-'));
  for (const name of ['a/x', 'a/y', 'b/x', 'b/y']) mkdirSync(join(root, name), { recursive: true });
  const { stdout, stderr } = starve(setting, most, `${join(import.meta.dirname, 'watch-starved.ts')} ${kind} ${root}`);
  rmSync(root, { recursive: true });
  expect(stderr).toBe('');
  const told = JSON.parse(String(stdout)) as { troubles: string[]; afterRearm: string[]; blind: number };
  expect(told.troubles).toEqual([expect.stringContaining(code)]);
  expect(told.afterRearm).toEqual(told.troubles);
  expect(told.blind).toBeGreaterThan(0);
});

test('auto watches small trees with chokidar and large ones, on Linux, with one watch a directory', async () => {
  const kindAt = async (files: number): Promise<string> => {
    const paths = Array.from({ length: files }, (_, index) => `n/c${Math.floor(index / 500)}/d${index}.json`);
    await using world = await openWatchedWorld((options) => startWatcher('auto', { ...real, ...options }), paths);
    return world.watcher.kind;
  };
  expect(await kindAt(10)).toBe('chokidar');
  expect(await kindAt(10_100)).toBe(process.platform === 'linux' ? 'directories' : 'chokidar');
});

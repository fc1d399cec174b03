/** What every Watcher must do alike: say where to look, for whatever happens in the tree, and for nothing outside of it. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Hint, Watcher, WatchOptions } from '../../src/files/types.ts';

export interface WatchedWorld extends AsyncDisposable {
  readonly root: string;
  readonly watcher: Watcher;
  readonly hints: Hint[];
  readonly troubles: string[];
  readonly at: (path: string) => string;
  readonly save: (path: string, text?: string) => void;
  /** Does something and waits until hints lead to each of these paths. */
  readonly expectHint: (does: () => void, ...paths: string[]) => Promise<void>;
}

/** A loaded machine takes its time; the promise of a second is measured elsewhere. */
const PATIENT = { timeout: 20_000, interval: 20 };

/** A look at a name that is a directory goes through all below it, so a hint leads to what lies under it as well. */
const leadsTo = ({ directory, name }: Hint, path: string): boolean => {
  const place = [directory, name ?? ''].filter((part) => part !== '').join('/');
  return place === '' || path === place || path.startsWith(`${place}/`);
};

export type OpenWatcher = (options: WatchOptions) => Watcher;

export async function openWatchedWorld(open: OpenWatcher, paths: readonly string[] = []): Promise<WatchedWorld> {
  const root = mkdtempSync(join(tmpdir(), 'larder-watch-'));
  const at = (path: string): string => join(root, path);
  const save = (path: string, text = '{}'): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  for (const path of paths) save(path);
  const hints: Hint[] = [];
  const troubles: string[] = [];
  const watcher = open({ root, onHint: (hint) => hints.push(hint), onTrouble: (reason) => troubles.push(reason) });
  await watcher.ready;
  return {
    root,
    watcher,
    hints,
    troubles,
    at,
    save,
    async expectHint(does, ...wanted) {
      hints.length = 0;
      does();
      const missed = (): string[] => wanted.filter((path) => !hints.some((hint) => leadsTo(hint, path)));
      await expect.poll(missed, PATIENT).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function testWatcher(open: OpenWatcher): void {
  const scenario = (name: string, paths: readonly string[], run: (world: WatchedWorld) => Promise<void>): void => {
    test(name, async () => {
      await using world = await openWatchedWorld(open, paths);
      await run(world);
      expect(world.troubles).toEqual([]);
    });
  };

  scenario('each way to change a file is hinted at', ['lod/c/a.json', 'lod/c/b.json'], async (world) => {
    const { at, save, expectHint } = world;
    await expectHint(() => save('lod/c/a.json', '{"v": 1}'), 'lod/c/a.json');
    await expectHint(() => appendFileSync(at('lod/c/a.json'), '\n'), 'lod/c/a.json');
    await expectHint(() => truncateSync(at('lod/c/a.json'), 3), 'lod/c/a.json');
    await expectHint(() => utimesSync(at('lod/c/a.json'), 1, 1), 'lod/c/a.json');
    await expectHint(() => save('lod/c/new.json'), 'lod/c/new.json');
    await expectHint(() => renameSync(at('lod/c/a.json'), at('lod/c/b.json')), 'lod/c/a.json', 'lod/c/b.json');
    await expectHint(() => linkSync(at('lod/c/b.json'), at('lod/c/d.json')), 'lod/c/d.json');
    await expectHint(() => unlinkSync(at('lod/c/b.json')), 'lod/c/b.json');
  });

  scenario('a file that comes from outside, or goes there, is hinted at', ['lod/c/a.json'], async (world) => {
    const outside = mkdtempSync(join(tmpdir(), 'larder-outside-'));
    await world.expectHint(() => renameSync(world.at('lod/c/a.json'), join(outside, 'a')), 'lod/c/a.json');
    await world.expectHint(() => renameSync(join(outside, 'a'), world.at('lod/c/a.json')), 'lod/c/a.json');
    rmSync(outside, { recursive: true });
  });

  scenario('a new namespace, nested directories and what is made in them at once', [], async (world) => {
    await world.expectHint(() => world.save('new/deep/er/still/a.json'), 'new/deep/er/still/a.json');
    await world.expectHint(() => world.save('new/deep/er/still/b.json'), 'new/deep/er/still/b.json');
    await world.expectHint(() => world.save('new/deep/c.json'), 'new/deep/c.json');
  });

  scenario('a renamed directory is followed to its new name', ['lod/old/eu/a.json'], async (world) => {
    await world.expectHint(() => renameSync(world.at('lod/old'), world.at('lod/new')), 'lod/old', 'lod/new/eu/a.json');
    await world.expectHint(() => world.save('lod/new/eu/a.json', '{"v": 2}'), 'lod/new/eu/a.json');
    await world.expectHint(() => world.save('lod/new/eu/b.json'), 'lod/new/eu/b.json');
    await world.expectHint(() => world.save('lod/old/eu/a.json'), 'lod/old/eu/a.json');
  });

  scenario(
    'two directories that swap their names are both followed',
    ['l/a/x/1.json', 'l/b/x/2.json'],
    async (world) => {
      await world.expectHint(
        () => {
          renameSync(world.at('l/a'), world.at('l/t'));
          renameSync(world.at('l/b'), world.at('l/a'));
          renameSync(world.at('l/t'), world.at('l/b'));
        },
        'l/a/x/2.json',
        'l/b/x/1.json',
      );
      await world.expectHint(() => world.save('l/a/x/3.json'), 'l/a/x/3.json');
      await world.expectHint(() => world.save('l/b/x/4.json'), 'l/b/x/4.json');
    },
  );

  scenario('a directory that is removed and made again is watched again', ['lod/c/eu/a.json'], async (world) => {
    await world.expectHint(() => {
      rmSync(world.at('lod/c'), { recursive: true });
      world.save('lod/c/eu/a.json', '{"again": true}');
    }, 'lod/c/eu/a.json');
    await world.expectHint(() => world.save('lod/c/eu/b.json'), 'lod/c/eu/b.json');
    await world.expectHint(() => world.save('lod/c/eu/a.json', '{"v": 3}'), 'lod/c/eu/a.json');
  });

  const MADE_AGAIN = Array.from({ length: 12 }, (_, index) => `l/c${index}`);
  scenario(
    'what is saved while a directory that was made again is not watched yet is found',
    MADE_AGAIN.map((directory) => `${directory}/eu/a.json`),
    async (world) => {
      for (const directory of MADE_AGAIN) {
        world.hints.length = 0;
        rmSync(world.at(directory), { recursive: true });
        world.save(`${directory}/eu/a.json`);
        // At once after the first word of it, which a poll would be too late for.
        while (!world.hints.some((hint) => leadsTo(hint, `${directory}/eu/a.json`))) await setImmediate();
        await world.expectHint(() => world.save(`${directory}/eu/b.json`), `${directory}/eu/b.json`);
      }
    },
  );

  scenario('a removed directory is hinted at', ['lod/c/eu/a.json'], async (world) => {
    await world.expectHint(() => rmSync(world.at('lod/c'), { recursive: true }), 'lod/c');
  });

  scenario('symlinks are hinted at and never followed', ['lod/c/a.json'], async (world) => {
    const outside = mkdtempSync(join(tmpdir(), 'larder-outside-'));
    writeFileSync(join(outside, 'secret.json'), '{}');
    await world.expectHint(() => symlinkSync(outside, world.at('lod/c/link')), 'lod/c/link');
    await world.expectHint(() => symlinkSync('loop.json', world.at('lod/c/loop.json')), 'lod/c/loop.json');
    await world.watcher.rearm();
    world.hints.length = 0;
    writeFileSync(join(outside, 'secret.json'), '{"v": 2}');
    await world.expectHint(() => world.save('lod/c/a.json', '{"v": 2}'), 'lod/c/a.json');
    const strange = world.hints.filter(
      ({ directory }) => directory.startsWith('lod/c/link') || directory.startsWith('..'),
    );
    expect(strange).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  scenario('a FIFO is hinted at and stops nothing', ['lod/c/a.json'], async (world) => {
    await world.expectHint(() => execFileSync('mkfifo', [world.at('lod/c/pipe.json')]), 'lod/c/pipe.json');
    await world.expectHint(() => world.save('lod/c/a.json', '{"v": 2}'), 'lod/c/a.json');
  });

  scenario(
    'what Larder and dot directories do in their own is no hint',
    ['lod/c/a.json', '.larder/tmp/x'],
    async (world) => {
      world.save('.larder/tmp/y');
      world.save('.git/objects/z');
      await world.expectHint(() => world.save('lod/c/a.json', '{"v": 2}'), 'lod/c/a.json');
      expect(world.hints.filter(({ directory, name }) => `${directory}/${name ?? ''}`.includes('.larder'))).toEqual([]);
      expect(world.hints.filter(({ directory }) => directory.startsWith('.git'))).toEqual([]);
    },
  );

  scenario('names in any script, and such that are not UTF-8, are hinted at', ['lod/c/a.json'], async (world) => {
    await world.expectHint(() => world.save('lod/c/Größe 東京 😀.json'), 'lod/c/Größe 東京 😀.json');
    const raw = Buffer.concat([Buffer.from(world.at('lod/c/')), Buffer.from([0xff, 0xfe]), Buffer.from('.json')]);
    await world.expectHint(() => writeFileSync(raw, '{}'), 'lod/c/somewhere');
  });

  scenario('a burst over many directories loses nothing', [], async (world) => {
    const paths = Array.from({ length: 2000 }, (_, index) => `burst/c${index % 40}/d${index}.json`);
    await world.expectHint(() => paths.forEach((path) => world.save(path)), ...paths);
    const changed = paths.filter((path) => existsSync(world.at(path)));
    await world.expectHint(() => changed.forEach((path) => world.save(path, '{"v": 2}')), ...changed);
  });

  scenario(
    'watching anew changes nothing in a tree that is watched',
    ['lod/c/a.json', 'lod/d/b.json'],
    async (world) => {
      const before = world.watcher.watches;
      await world.watcher.rearm();
      await world.watcher.rearm();
      expect(world.watcher.watches).toBe(before);
      await world.expectHint(() => world.save('lod/c/a.json', '{"v": 2}'), 'lod/c/a.json');
    },
  );

  test('after closing nothing is hinted at', async () => {
    const world = await openWatchedWorld(open, ['lod/c/a.json']);
    await world.watcher[Symbol.asyncDispose]();
    world.hints.length = 0;
    world.save('lod/c/a.json', '{"v": 2}');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(world.hints).toEqual([]);
    rmSync(world.root, { recursive: true });
  });
}

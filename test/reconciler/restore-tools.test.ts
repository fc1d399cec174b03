/** Restores by the tools that people use, seen by the watcher at whatever pace, on the machine's clock. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isInstalled } from '../../scripts/test-programs.ts';
import { me, openTestLarder } from './world.ts';

const COUNT = 24;
const names = Array.from({ length: COUNT }, (_, index) => `d${index}.json`);
const textOf = (name: string, v: number): string => `{"name": "${name}", "v": ${v}}\n`;
/** Longer than a name has to be quiet to be looked at. */
const ALONE_MS = 100;

interface Places {
  readonly backup: string;
  readonly things: string;
}

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, [...args], { stdio: 'ignore' });
const git = ({ backup, things }: Places, ...args: readonly string[]): void =>
  run('git', '--git-dir', join(backup, '.git'), '--work-tree', things, ...args);

const tools: readonly (readonly [tool: string, restore: (places: Places) => Promise<void>])[] = [
  [
    'cp',
    async ({ backup, things }) => {
      for (const name of names) {
        run('cp', join(backup, 'files', name), things);
        await sleep(ALONE_MS);
      }
    },
  ],
  [
    'tar',
    async ({ backup, things }) => {
      const extract = (...some: readonly string[]): void =>
        run('tar', '-xf', join(backup, 'all.tar'), '-C', things, ...some);
      for (const name of names.slice(0, 2)) {
        extract(name);
        await sleep(ALONE_MS);
      }
      extract(...names.slice(2, -1));
      await sleep(ALONE_MS);
      extract(...names.slice(-1));
    },
  ],
  [
    'rsync',
    async ({ backup, things }) =>
      run('rsync', '-a', '--ignore-times', '--delete', `${join(backup, 'files')}/`, `${things}/`),
  ],
  [
    'git',
    async (places) => {
      git(places, 'checkout', '-q', 'HEAD', '--', ...names.slice(0, 1));
      await sleep(ALONE_MS);
      git(places, 'checkout', '-q', 'HEAD', '--', '.');
    },
  ],
];

test.each(tools)(
  'what %s brings back is taken back whole by its session',
  { timeout: 90_000 },
  async (tool, restore) => {
    if (!isInstalled(tool)) return;
    const backup = mkdtempSync(join(tmpdir(), 'larder-backup-'));
    try {
      mkdirSync(join(backup, 'files'));
      for (const name of names) writeFileSync(join(backup, 'files', name), textOf(name, 1));
      run('tar', '-cf', join(backup, 'all.tar'), '-C', join(backup, 'files'), ...names);
      await using world = await openTestLarder({}, { watcher: 'auto' });
      const places = { backup, things: world.at('lod/things') };
      cpSync(join(backup, 'files'), places.things, { recursive: true });
      if (tool === 'git') {
        git(places, 'init', '-q');
        git(places, 'add', '.');
        git(places, '-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '-m', 'all');
      }
      await world.larder.rescan();
      const lyingAs = (v: number): number =>
        names.filter((name) => readFileSync(join(places.things, name), 'utf8') === textOf(name, v)).length;
      for (const name of [...names, 'extra.json']) writeFileSync(join(places.things, name), textOf(name, 2));
      await world.larder.rescan();
      const before = world.larder.seq;
      await restore(places);
      const due = tool === 'rsync' ? COUNT + 1 : COUNT;
      await expect.poll(() => world.larder.seq - before, { timeout: 30_000 }).toBe(due);
      const sessions = new Set(
        world
          .events()
          .slice(before)
          .flatMap(({ session }) => session ?? []),
      );
      expect([...sessions]).toHaveLength(1);
      expect(lyingAs(1)).toBe(COUNT);
      expect(await world.larder.versions.undo({ session: [...sessions][0] ?? '' }, me)).toMatchObject({ undone: due });
      expect(lyingAs(2)).toBe(COUNT);
      expect(readdirSync(places.things)).toContain('extra.json');
    } finally {
      rmSync(backup, { recursive: true });
    }
  },
);

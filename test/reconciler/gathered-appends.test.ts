/** Appends that a watcher tells of within a second are one event, and no reader has to wait for it. */
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Hint, Watcher } from '../../src/files/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openTestLarder, type TestLarder } from './world.ts';

const PATH = 'lod/things/s.jsonl';

interface Watched extends TestLarder {
  /** Appends, and has the watcher tell. */
  append(text: string): void;
  tell(): void;
  pass(ms: number): Promise<void>;
}

async function openWatched(): Promise<Watched> {
  const clock = simulatedClock(Date.now());
  let tell = (_hint: Hint): void => {};
  const watcher: Watcher = {
    kind: 'poll',
    watches: 0,
    blind: 0,
    ready: Promise.resolve(),
    rearm: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const host = {
    fs: nodeFileSystem,
    clock,
    random: systemRandom,
    inThread: true,
    watch: ({ onHint }: { readonly onHint: (hint: Hint) => void }) => {
      tell = onHint;
      return watcher;
    },
  };
  const opened = await openTestLarder({ [PATH]: 'first\n' }, { host });
  const world: Watched = Object.assign(opened, {
    append(text: string) {
      appendFileSync(world.at(PATH), text);
      world.tell();
    },
    tell() {
      tell({ directory: 'lod/things', name: 's.jsonl' });
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 50) {
        await clock.advance(Math.min(left, 50));
        // Syncs are real: what waits for one gets its turn.
        await sleep(5);
      }
    },
  });
  return world;
}

const updates = (world: TestLarder): number => world.events().filter(({ op }) => op === 'update').length;

/** While no time passes: what is under way waits for the disk alone. */
const recorded = (world: TestLarder, count: number): Promise<unknown> =>
  expect.poll(() => updates(world), { timeout: 20_000 }).toBe(count);

test('the first append is an event at once, those of the second behind it are one', async () => {
  await using world = await openWatched();
  world.append('one\n');
  await world.pass(150);
  await recorded(world, 1);
  for (const text of ['two\n', 'three\n', 'four\n']) {
    world.append(text);
    await world.pass(200);
  }
  expect(updates(world)).toBe(1);
  await world.pass(500);
  await recorded(world, 2);
  await world.pass(3000);
  expect(updates(world)).toBe(2);
  world.append('five\n');
  await world.pass(150);
  await recorded(world, 3);
});

test.each<[string, (path: string) => void]>([
  [
    'replaced',
    (path) => {
      writeFileSync(`${path}.tmp`, 'another file, and a longer one\n');
      renameSync(`${path}.tmp`, path);
    },
  ],
  ['cut', (path) => truncateSync(path, 3)],
])('a stream that is %s right behind an append does not wait', async (_name, change) => {
  await using world = await openWatched();
  world.append('one\n');
  await world.pass(150);
  await recorded(world, 1);
  change(world.at(PATH));
  world.tell();
  await world.pass(150);
  await recorded(world, 2);
});

test('a read sees what waits, and records it', async () => {
  await using world = await openWatched();
  world.append('one\n');
  await world.pass(150);
  await recorded(world, 1);
  world.append('two\n');
  await world.pass(150);
  expect(await world.text('s.jsonl')).toBe(readFileSync(world.at(PATH), 'utf8'));
  expect(updates(world)).toBe(2);
  await world.pass(3000);
  expect(updates(world)).toBe(2);
});

import { renameSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Hint, Watcher, WatchOptions } from '../../src/files/types.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { bytes, me, openTestLarder, ref } from './world.ts';

test('an edit by hand is served by the next read and announced once', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}\n' });
  world.save('lod/things/a.json', '{"v": 2}\n');
  expect(await world.text('a')).toBe('{"v": 2}\n');
  await world.larder.rescan();
  expect(world.events().map(({ op, id, cause }) => [op, id, cause])).toEqual([
    ['create', 'a', 'hand'],
    ['update', 'a', 'hand'],
  ]);
});

test('a write answers with the seq of its own event and its bytes are on disk', async () => {
  await using world = await openTestLarder();
  const written = await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 1 }) } }, me);
  expect(written.outcome).toBe('created');
  expect(world.events()).toMatchObject([
    { seq: written.seq, op: 'create', digest: written.etag, cause: 'api', actor: 'test' },
  ]);
  expect(await world.text('a')).toBe('{\n  "v": 1\n}\n');
});

test('a renamed file is a move, and its history goes with it', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  renameSync(world.at('lod/things/a.json'), world.at('lod/things/b.json'));
  await world.larder.rescan();
  expect(world.events().map(({ op, id, from }) => [op, id, from])).toEqual([
    ['create', 'a', undefined],
    ['move', 'b', 'lod/things/a'],
  ]);
  expect(world.larder.history(ref('b'), { before: null, limit: 10 })?.items.map(({ op }) => op)).toEqual([
    'move',
    'create',
  ]);
  expect(await world.read('a')).toMatchObject({ kind: 'missing' });
});

test('what a restart finds changed is announced, and nothing is announced twice', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 1}' });
  await world.reopen(() => world.save('lod/things/a.json', '{"v": 2}'));
  expect(world.events().map(({ op, id }) => [op, id])).toEqual([
    ['create', 'a'],
    ['create', 'b'],
    ['update', 'a'],
  ]);
  await world.reopen();
  expect(world.events()).toHaveLength(3);
});

test('a deleted catalog is rebuilt from the log without announcing anything again', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('b'), change: { op: 'put', body: bytes({ v: 1 }) } }, me);
  const before = world.events();
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  expect(world.events()).toEqual(before);
  expect(await world.text('b')).toBe('{\n  "v": 1\n}\n');
  expect(world.larder.list('lod/things', { limit: 10, prefix: null, cursor: null })?.items.map(({ id }) => id)).toEqual(
    ['a', 'b'],
  );
});

test('an absence is believed at the second look only', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  unlinkSync(world.at('lod/things/a.json'));
  expect(await world.read('a')).toMatchObject({ kind: 'served', mark: { code: 'absent' } });
  await expect.poll(() => world.events().map(({ op }) => op), { timeout: 5000 }).toEqual(['create', 'delete']);
  expect(await world.read('a')).toMatchObject({ kind: 'missing' });
});

test('a collection that vanishes whole is held, served and marked, over a restart too', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`lod/things/d${index}.json`, `{"v": ${index}}`]),
  );
  await using world = await openTestLarder(files);
  rmSync(world.at('lod/things'), { recursive: true });
  await world.larder.rescan();
  const held = async (): Promise<void> => {
    await expect
      .poll(() => world.larder.problems({ collection: null, limit: 10, cursor: null }).items.map(({ code }) => code), {
        timeout: 5000,
      })
      .toEqual(['held']);
    await expect
      .poll(() => world.read('d3'), { timeout: 5000 })
      .toMatchObject({ kind: 'served', mark: { code: 'held' } });
  };
  await held();
  await world.reopen();
  await held();
  expect(world.events().filter(({ op }) => op === 'delete')).toEqual([]);
  await expect(
    world.larder.write({ ref: ref('d3'), change: { op: 'put', body: bytes({}) } }, me),
  ).rejects.toMatchObject({ code: 'document_held' });
});

test('small patches of large documents are refused together where what they make is too much for a change set', async () => {
  const large = `{"text": "${'x'.repeat(13 * 1024 * 1024)}"}`;
  const ids = ['a', 'b', 'c', 'd', 'e'];
  await using world = await openTestLarder(Object.fromEntries(ids.map((id) => [`lod/things/${id}.json`, large])));
  const { seq } = world.larder;
  const patches = ids.map((id) => ({
    ref: ref(id),
    change: { op: 'merge-patch', body: Buffer.from('{"n": 1}') } as const,
  }));
  await expect(world.larder.writeAll(patches, me, { atomic: true })).rejects.toMatchObject({
    code: 'too_large',
    members: { i: 4 },
  });
  expect(world.larder.seq).toBe(seq);
});

test('an atomic set changes all or nothing', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const put = (id: string, text: string) =>
    ({ ref: ref(id), change: { op: 'put', body: new TextEncoder().encode(text) } }) as const;
  await expect(
    world.larder.writeAll([put('b', '{}'), put('c', '{"broken"')], me, { atomic: true }),
  ).rejects.toMatchObject({ code: 'bad_json' });
  expect(await world.read('b')).toMatchObject({ kind: 'missing' });
  const results = await world.larder.writeAll([put('b', '{}'), put('a', '{"v": 2}')], me, { atomic: true });
  const sets = results.map((result) => (result.ok ? result.written.changeSet : null));
  expect(new Set(sets).size).toBe(1);
});

test('an invalid file never changes an answer but by its mark, and its bytes are in the history', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  world.save('lod/things/a.json', '{"v": 2');
  expect(await world.read('a')).toMatchObject({ kind: 'served', mark: { code: 'pending' } });
  await expect.poll(() => world.read('a'), { timeout: 6000 }).toMatchObject({ mark: { code: 'invalid' } });
  const problem = world.events().find(({ op }) => op === 'problem');
  const version = await world.larder.readVersion(ref('a'), problem?.seq ?? 0);
  expect(version.kind === 'served' && new TextDecoder().decode(version.bytes)).toBe('{"v": 2');
});

test('a save that touches its directory as well, as rsync does, is told once', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 0}' }, { watcher: 'directories' });
  for (let version = 1; version <= 5; version++) {
    world.save('lod/things/.a.json.tmp', `{"v": ${version}}`);
    renameSync(world.at('lod/things/.a.json.tmp'), world.at('lod/things/a.json'));
    utimesSync(world.at('lod/things'), 1, version);
    await expect.poll(() => world.events().length, { timeout: 20_000 }).toBeGreaterThan(version);
  }
  await world.larder.rescan();
  expect(world.events().map(({ op }) => op)).toEqual(['create', ...Array.from({ length: 5 }, () => 'update')]);
});

test('an edit found by a look that had to wait for a write is not told as older than it is', async () => {
  const syncing = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  let isHeldUp = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    async fdatasync(fd) {
      if (isHeldUp) syncing.resolve();
      if (isHeldUp) await mayEnd.promise;
      return nodeFileSystem.fdatasync(fd);
    },
  };
  const files = { 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 1}' };
  await using world = await openTestLarder(files, { host: { fs, clock: systemClock, random: systemRandom } });
  isHeldUp = true;
  const write = world.larder.write({ ref: ref('b'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  await syncing.promise;
  world.save('lod/things/a.json', '{"v": 2}');
  world.save('lod/things/b.json', '{"v": 3}');
  const rescan = world.larder.rescan();
  await setTimeout(100);
  world.save('lod/things/a.json', '{"v": 33}');
  const savedMs = Date.now();
  mayEnd.resolve();
  await Promise.all([write, rescan]);
  const ofA = world.events().filter(({ id }) => id === 'a');
  expect(ofA).toHaveLength(2);
  expect(Date.parse(ofA[1]?.at ?? '')).toBeGreaterThanOrEqual(savedMs);
});

test('a name that cannot be looked at holds up nothing else that was heard of together with it', async () => {
  const heard: ((hint: Hint) => void)[] = [];
  const shut = (path: string): boolean => path.endsWith('/shut/x.json');
  const fs: FileSystem = {
    ...nodeFileSystem,
    lstat(path) {
      if (shut(path)) throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'lstat' });
      return nodeFileSystem.lstat(path);
    },
  };
  const watch = ({ onHint }: WatchOptions): Watcher => {
    heard.push(onHint);
    return {
      kind: 'poll',
      watches: 0,
      blind: 0,
      ready: Promise.resolve(),
      rearm: async () => {},
      async [Symbol.asyncDispose]() {},
    };
  };
  await using world = await openTestLarder(
    { 'lod/things/a.json': '{"v": 1}' },
    { host: { fs, clock: systemClock, random: systemRandom, watch } },
  );
  world.save('lod/things/a.json', '{"v": 2}');
  for (const name of ['shut/x.json', 'a.json']) heard[0]?.({ directory: 'lod/things', name });
  await expect.poll(() => world.events().map(({ op }) => op), { timeout: 20_000 }).toEqual(['create', 'update']);
});

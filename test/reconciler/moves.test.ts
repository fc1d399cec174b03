import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FeedScope } from '../../src/core/requests.ts';
import { bytes, me, ref } from './world.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';

/** What happened after the first `skip` events, as `op id from`. */
const told = (world: GuardedLarder, skip: number): string[] =>
  world
    .events()
    .slice(skip)
    .map(({ op, collection, id, from }) => [op, `${collection}/${id}`, from].filter(Boolean).join(' '));

const move = (world: GuardedLarder, from: string, to: string): void => renameSync(world.at(from), world.at(to));

const historyOf = (world: GuardedLarder, id: string): string[] =>
  (world.larder.history(ref(id), { before: null, limit: 100 })?.items ?? []).map(({ op }) => op);

test('a move is recorded at the first look, with its history', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  move(world, 'lod/things/a.json', 'lod/things/b.json');
  await world.larder.rescan();
  expect(told(world, 2)).toEqual(['move lod/things/b lod/things/a']);
  expect(historyOf(world, 'b')).toEqual(['move', 'update', 'create']);
  await world.settleDown();
  expect(told(world, 2)).toHaveLength(1);
});

test('a move while nobody looks is one as well', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}' });
  await world.reopen(() => move(world, 'lod/things/a.json', 'lod/things/b.json'));
  expect(told(world, 1)).toEqual(['move lod/things/b lod/things/a']);
});

test('a move while nobody looks is one although the catalog is lost too', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}' });
  await world.reopen(() => {
    move(world, 'lod/things/a.json', 'lod/things/b.json');
    rmSync(world.at('.larder/derived'), { recursive: true });
  });
  expect(told(world, 1)).toEqual(['move lod/things/b lod/things/a']);
});

test('a copy is no move, and neither is a second name', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}' });
  copyFileSync(world.at('lod/things/a.json'), world.at('lod/things/copied.json'));
  linkSync(world.at('lod/things/a.json'), world.at('lod/things/linked.json'));
  await world.settleDown();
  expect(told(world, 1)).toEqual(['create lod/things/copied', 'create lod/things/linked']);
});

test('a move with an edit is a deletion and a creation', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}' });
  move(world, 'lod/things/a.json', 'lod/things/b.json');
  world.save('lod/things/b.json', '{"v": 2}');
  await world.settleDown();
  expect(told(world, 1)).toEqual(['create lod/things/b', 'delete lod/things/a']);
});

test('a name that changes only its case is a move', async () => {
  await using world = await openGuarded({ 'lod/things/Ada.json': '{"v": 1}' });
  move(world, 'lod/things/Ada.json', 'lod/things/ada.json');
  await world.settleDown();
  expect(told(world, 1)).toEqual(['move lod/things/ada lod/things/Ada']);
  expect(world.problems()).toEqual([]);
});

test('two files that change places are two updates', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 2}' });
  move(world, 'lod/things/a.json', 'lod/things/t');
  move(world, 'lod/things/b.json', 'lod/things/a.json');
  move(world, 'lod/things/t', 'lod/things/b.json');
  await world.settleDown();
  expect(told(world, 2)).toEqual(['update lod/things/a', 'update lod/things/b']);
});

test('a move over a document is its next version, and the end of the other', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 2}' });
  move(world, 'lod/things/a.json', 'lod/things/b.json');
  await world.settleDown();
  expect(told(world, 2)).toEqual(['update lod/things/b', 'delete lod/things/a']);
  expect(historyOf(world, 'b')).toEqual(['update', 'create']);
});

test('a move between collections is told where it was as a deletion that says where to', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}', 'bc/hubs/h.json': '{}' });
  move(world, 'lod/things/a.json', 'bc/hubs/a.json');
  await world.settleDown();
  const lastOf = (scope: FeedScope): unknown => {
    const page = world.larder.changes(scope, { since: 2 }, 10, null);
    return page.kind === 'range' ? page.events : page;
  };
  expect(lastOf({ kind: 'collection', collection: 'lod/things' })).toMatchObject([
    { op: 'delete', collection: 'lod/things', id: 'a', to: 'bc/hubs/a', digest: null },
  ]);
  for (const scope of [
    { kind: 'collection', collection: 'bc/hubs' },
    { kind: 'namespace', namespace: 'bc' },
    { kind: 'all' },
  ] as const) {
    expect(lastOf(scope)).toMatchObject([{ op: 'move', collection: 'bc/hubs', id: 'a', from: 'lod/things/a' }]);
  }
});

test('moves out of a collection are no absences, also when all of it goes', async () => {
  await using world = await openGuarded({ ...documents(15), 'lod/other/x.json': '{}' });
  renameSync(world.at('lod/things'), world.at('lod/things2'));
  await world.settleDown();
  expect(new Set(told(world, 16).map((line) => line.split(' ')[0]))).toEqual(new Set(['move']));
  expect(told(world, 16)).toHaveLength(15);
  expect(world.problems()).toEqual([]);
  expect(
    new Set(
      world
        .events()
        .slice(16)
        .map(({ change_set }) => change_set),
    ).size,
  ).toBe(1);
});

test('a directory of thousands of equal files is moved in one change set, without looking at each file for each other', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`lod/things/in/d${index}.json`, '{}\n']),
  );
  await using world = await openGuarded(files);
  mkdirSync(world.at('lod/things/out'));
  const before = process.cpuUsage();
  renameSync(world.at('lod/things/in'), world.at('lod/things/out/in'));
  await world.larder.rescan();
  const { user, system } = process.cpuUsage(before);
  const page = world.larder.changes({ kind: 'all' }, { since: 3000 }, 5000, null);
  const events = page.kind === 'range' ? page.events : [];
  expect(events.filter(({ op }) => op === 'move')).toHaveLength(3000);
  expect(new Set(events.map(({ change_set }) => change_set)).size).toBe(1);
  expect((user + system) / 1e6, 'seconds of this process').toBeLessThan(20);
}, 120_000);

test('a document that is moved out of a held collection is let go', async () => {
  await using world = await openGuarded(documents(12));
  rmSync(world.at('lod/things/d0.json'));
  renameSync(world.at('lod/things'), `${world.root}-away`);
  await world.settleDown();
  expect(world.problems()).toMatchObject([{ code: 'held' }]);
  mkdirSync(world.at('lod/kept'), { recursive: true });
  for (let index = 1; index < 12; index++)
    renameSync(`${world.root}-away/d${index}.json`, world.at(`lod/kept/d${index}.json`));
  rmSync(`${world.root}-away`, { recursive: true });
  await world.settleDown();
  expect(world.events().filter(({ op }) => op === 'move')).toHaveLength(11);
  expect(world.ids()).toEqual(['d0']);
  expect(world.problems()).toMatchObject([{ code: 'held' }]);
});

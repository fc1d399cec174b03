import { renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FeedEvent } from '../../src/core/requests.ts';
import { me } from './world.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';

const versions = (count: number, v: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`lod/things/d${index}.json`, `{"d": ${index}, "v": ${v}}\n`]),
  );

const saveAll = (world: GuardedLarder, files: Readonly<Record<string, string>>): void =>
  Object.entries(files).forEach(([path, text]) => world.save(path, text));

const last = (world: GuardedLarder, count: number) => world.events().slice(-count);
const sets = (events: readonly FeedEvent[]) => new Set(events.map(({ change_set }) => change_set));

test('what one rescan finds is one change set', async () => {
  await using world = await openGuarded();
  saveAll(world, documents(1100));
  await world.larder.rescan();
  const page = world.larder.changes({ kind: 'all' }, 'beginning', 2000, null);
  const events = page.kind === 'range' ? page.events : [];
  expect(events).toHaveLength(1100);
  expect(sets(events).size).toBe(1);
  world.save('lod/things/x.json', '{}');
  await world.larder.rescan();
  expect(world.larder.changes({ kind: 'all' }, { since: 1100 }, 10, null)).toMatchObject({
    events: [{ cause: 'hand' }],
  });
});

test('twenty files that return to bytes they had are a restore, with a session', async () => {
  await using world = await openGuarded(versions(30, 1));
  saveAll(world, versions(30, 2));
  await world.larder.rescan();
  expect(last(world, 1)).toMatchObject([{ cause: 'hand' }]);
  expect(last(world, 1)[0]).not.toHaveProperty('session');
  saveAll(world, { ...versions(20, 1), 'lod/things/new.json': '{}' });
  await world.larder.rescan();
  const restored = last(world, 21);
  expect(new Set(restored.map(({ cause, actor, session }) => `${cause} ${actor} ${session !== undefined}`))).toEqual(
    new Set(['restore hand true']),
  );
  expect(sets(restored).size).toBe(1);
});

test('bytes that documents had under earlier names count as well', async () => {
  await using world = await openGuarded(versions(30, 1));
  for (const path of Object.keys(versions(30, 1))) renameSync(world.at(path), world.at(path.replace('/d', '/e')));
  await world.larder.rescan();
  const renamed = (v: number): Record<string, string> =>
    Object.fromEntries(Object.entries(versions(30, v)).map(([path, text]) => [path.replace('/d', '/e'), text]));
  saveAll(world, renamed(2));
  await world.larder.rescan();
  expect(last(world, 1)).toMatchObject([{ cause: 'hand', op: 'update' }]);
  saveAll(world, renamed(1));
  await world.larder.rescan();
  expect(last(world, 1)).toMatchObject([{ cause: 'restore', op: 'update' }]);
});

test('fewer files, and files of which most are new, are edits by hand', async () => {
  await using world = await openGuarded(versions(60, 1));
  saveAll(world, versions(60, 2));
  await world.larder.rescan();
  saveAll(world, versions(19, 1));
  await world.larder.rescan();
  expect(last(world, 1)).toMatchObject([{ cause: 'hand' }]);
  saveAll(world, { ...versions(60, 3), ...versions(25, 2) });
  await world.larder.rescan();
  expect(last(world, 1)).toMatchObject([{ cause: 'hand' }]);
});

test('a restore that is seen in pieces within a minute is one session, and so is what it takes away', async () => {
  await using world = await openGuarded(versions(50, 1));
  saveAll(world, { ...versions(50, 2), ...documents(3, 'lod/things', 900) });
  await world.settleDown();
  saveAll(world, versions(25, 1));
  for (const id of [900, 901, 902]) rmSync(world.at(`lod/things/d${id}.json`));
  await world.larder.rescan();
  await world.pass(1500);
  saveAll(world, versions(50, 1));
  await world.larder.rescan();
  const restored = last(world, 53);
  expect(new Set(restored.map(({ cause }) => cause))).toEqual(new Set(['restore']));
  expect(new Set(restored.map(({ session }) => session)).size).toBe(1);
  expect(restored.filter(({ op }) => op === 'delete')).toHaveLength(3);
  const { session } = restored[0] ?? {};
  const undone = await world.larder.versions.undo({ session: session ?? '' }, me);
  expect(undone).toMatchObject({ undone: 53 });
  expect(await world.text('d49')).toBe('{"d": 49, "v": 2}\n');
  expect(await world.text('d901')).toBe('{"v": 901}\n');
  saveAll(world, versions(50, 1));
  await world.pass(70_000);
  saveAll(world, versions(50, 2));
  await world.larder.rescan();
  expect(last(world, 1)[0]).toMatchObject({ cause: 'restore' });
  expect(last(world, 1)[0]?.session).not.toBe(session);
});

test('a directory that is renamed back is a move, no restore', async () => {
  await using world = await openGuarded(documents(25, 'lod/things/in'));

  for (const [from, to] of [
    ['in', 'out'],
    ['out', 'in'],
  ]) {
    renameSync(world.at(`lod/things/${from}`), world.at(`lod/things/${to}`));
    await world.settleDown();
  }
  expect(new Set(last(world, 50).map(({ op, cause }) => `${op} ${cause}`))).toEqual(new Set(['move hand']));
});

test('a restore whose files vanished before is told from new documents', async () => {
  await using world = await openGuarded({ ...versions(40, 1), ...documents(500, 'lod/things/more') });
  for (let index = 0; index < 25; index++) rmSync(world.at(`lod/things/d${index}.json`));
  await world.settleDown();
  expect(world.deleted()).toHaveLength(25);
  saveAll(world, versions(25, 1));
  await world.larder.rescan();
  expect(new Set(last(world, 25).map(({ op, cause }) => `${op} ${cause}`))).toEqual(new Set(['create restore']));
});

test('a restore that trickles in a few files at a time is one session, and undo takes it back whole', async () => {
  await using world = await openGuarded(versions(40, 1));
  saveAll(world, versions(40, 2));
  await world.larder.rescan();
  const files = Object.entries(versions(40, 1));
  for (let start = 0; start < files.length; start += 8) {
    saveAll(world, Object.fromEntries(files.slice(start, start + 8)));
    await world.larder.rescan();
  }
  const restored = last(world, 40);
  const [session] = new Set(restored.map((event) => event.session));
  expect(restored.filter((event) => event.session === session)).toHaveLength(40);
  expect(restored.map(({ cause }) => cause).filter((cause) => cause === 'restore')).toHaveLength(24);
  expect(await world.larder.versions.undo({ session: session ?? '' }, me)).toMatchObject({ undone: 40 });
  expect(await world.text('d0')).toBe('{"d": 0, "v": 2}\n');
});

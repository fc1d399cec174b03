import { readFileSync, renameSync, rmSync } from 'node:fs';
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

/** Documents of `lod/things` that lie as version `v`. */
const lyingAs = (world: GuardedLarder, count: number, v: number): number =>
  Object.entries(versions(count, v)).filter(([path, text]) => readFileSync(world.at(path), 'utf8') === text).length;

/** The session of the last restore, and what undoing it takes back. */
async function undoLast(world: GuardedLarder): Promise<number> {
  const session = world.events().findLast(({ cause }) => cause === 'restore')?.session ?? '';
  return (await world.larder.versions.undo({ session }, me)).undone;
}

test.each([1, 2, 8])('a restore that is seen %i at a time is taken back whole', async (atOnce) => {
  await using world = await openGuarded(versions(40, 1));
  saveAll(world, versions(40, 2));
  await world.larder.rescan();
  const files = Object.entries(versions(40, 1));
  for (let start = 0; start < files.length; start += atOnce) {
    saveAll(world, Object.fromEntries(files.slice(start, start + atOnce)));
    // A reader may be first to find a file.
    if (atOnce === 1) await world.read(`d${start}`);
    else await world.larder.rescan();
    await world.pass(250);
  }
  const restored = last(world, 40);
  const known = Math.ceil(20 / atOnce) * atOnce - atOnce;
  expect(restored.map(({ cause }) => cause)).toEqual(
    Array.from({ length: 40 }, (_, index) => (index < known ? 'hand' : 'restore')),
  );
  expect(restored.filter(({ cause, session }) => (cause === 'hand') !== (session === undefined))).toEqual([]);
  await world.reopen();
  expect(await undoLast(world)).toBe(40);
  expect(lyingAs(world, 40, 2)).toBe(40);
});

test('a deletion alone, before and during a restore, is taken back with it, and a restart does not cut it in two', async () => {
  await using world = await openGuarded(versions(40, 1));
  saveAll(world, { ...versions(40, 2), ...documents(3, 'lod/things', 900) });
  await world.settleDown();
  const removeAlone = async (id: string): Promise<void> => {
    rmSync(world.at(`lod/things/${id}.json`));
    await world.larder.rescan();
    await world.pass(1500);
    await world.until(() => world.deleted().includes(id));
  };
  await removeAlone('d900');
  saveAll(world, versions(15, 1));
  for (let index = 0; index < 15; index++) await world.read(`d${index}`);
  await world.reopen(() => saveAll(world, versions(25, 1)));
  expect(last(world, 1)).toMatchObject([{ cause: 'restore' }]);
  await removeAlone('d901');
  await world.reopen(() => saveAll(world, versions(26, 1)));
  await world.pass(50_000);
  await removeAlone('d902');
  saveAll(world, versions(40, 1));
  await world.larder.rescan();
  expect(new Set(last(world, 27).map(({ session }) => session)).size).toBe(1);
  expect(await undoLast(world)).toBe(43);
  expect(lyingAs(world, 40, 2)).toBe(40);
  expect(await world.text('d900')).toBe('{"v": 900}\n');
});

test('what somebody else did around a restore stays, and does not hold back its undo', async () => {
  await using world = await openGuarded({ ...versions(40, 1), ...documents(3, 'lod/things', 900) });
  saveAll(world, versions(40, 2));
  await world.settleDown();
  const saveAlone = async (id: string, text: string): Promise<void> => {
    world.save(`lod/things/${id}.json`, text);
    await world.read(id);
  };
  const toggle = async (): Promise<void> => {
    for (const state of ['{"on": true}', '{"on": false}']) await saveAlone('d900', state);
  };
  for (let round = 0; round < 20; round++) await toggle();
  expect(last(world, 1)).toMatchObject([{ cause: 'hand' }]);
  await saveAlone('d901', '{"typed": 1}');
  await saveAlone('d39', '{"typed": 2}');
  for (const [path, text] of Object.entries(versions(40, 1))) {
    world.save(path, text);
    await world.read(path.slice('lod/things/'.length, -'.json'.length));
    if (path.endsWith('5.json')) await toggle();
  }
  await toggle();
  await saveAlone('d902', '{"typed": 3}');
  expect(await undoLast(world)).toBe(40);
  expect(lyingAs(world, 39, 2)).toBe(39);
  expect(await world.text('d39')).toBe('{"typed": 2}');
  expect(await world.text('d901')).toBe('{"typed": 1}');
  expect(await world.text('d900')).toBe('{"on": false}');
  expect(await world.text('d902')).toBe('{"typed": 3}');
  // What is narrowed takes back less, and what follows is another restore.
  saveAll(world, versions(30, 1));
  await world.larder.rescan();
  const { session } = last(world, 1)[0] ?? {};
  const undone = await world.larder.versions.undo({ session: session ?? '', to_seq: 1 }, me).catch((error) => error);
  expect(undone).toMatchObject({ code: 'not_found' });
  expect(await undoLast(world)).toBe(30);
});

test('deletions that belong to a restore count with what goes after a restart', async () => {
  const few = documents(12, 'lod/few');
  await using world = await openGuarded({ ...versions(20, 1), ...few });
  saveAll(world, versions(20, 2));
  await world.larder.rescan();
  saveAll(world, versions(20, 1));
  await world.larder.rescan();
  world.remove(...Object.keys(few).slice(0, 8));
  await world.settleDown();
  await world.until(() => world.deleted().length === 8);
  expect(last(world, 1)).toMatchObject([{ op: 'delete', cause: 'restore' }]);
  await world.reopen(() => world.remove(...Object.keys(few).slice(8)));
  await world.settleDown();
  await world.until(() => world.problems().length > 0);
  expect(world.problems()).toMatchObject([{ code: 'held' }]);
  expect(world.deleted()).toHaveLength(8);
});

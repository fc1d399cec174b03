import { existsSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Problem } from '../../src/core/problems.ts';
import { bytes, me, ref } from './world.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';

const COPY = 'lod/things/a.sync-conflict-20260102-131415-ABCDEF2.json';
const text = (a: number, b: number): string => `{\n  "a": ${a},\n  "b": ${b},\n  "c": 3\n}\n`;

const conflictOf = (world: GuardedLarder): Problem => {
  const found = world.problems().find(({ code }) => code === 'conflict');
  if (!found) throw new Error('there is no conflict');
  return found;
};

const rescuedOf = (world: GuardedLarder): number =>
  (world.larder.history(ref('a'), { before: null, limit: 100 })?.items ?? []).filter(({ kind }) => kind === 'rescued')
    .length;

/** As Syncthing does: the local version loses, is renamed, and the other device's takes its place. */
async function openConflict(mine = text(1, 2), theirs = text(9, 1)): Promise<GuardedLarder> {
  const world = await openGuarded({ 'lod/things/a.json': text(1, 1) });
  utimesSync(world.at('lod/things/a.json'), 1000, 1000);
  world.save('lod/things/a.json', mine);
  await world.larder.rescan();
  renameSync(world.at('lod/things/a.json'), world.at(COPY));
  world.save('lod/things/a.json', theirs);
  await world.larder.rescan();
  return world;
}

test('a conflict copy is a problem of its original with base and both sides, and its bytes are kept', async () => {
  await using world = await openConflict();
  const problem = conflictOf(world);
  expect(problem).toMatchObject({
    path: 'lod/things/a.json',
    document: 'a',
    state: 'conflict',
    errors: [{ code: 'conflict_syncthing', path: COPY }],
  });
  const versions = world.larder.history(ref('a'), { before: null, limit: 10 })?.items ?? [];
  expect(versions.map(({ kind }) => kind)).toEqual(['rescued', 'valid', 'valid', 'valid']);
  const [rescued, theirs, , base] = versions;
  expect(problem.conflict).toEqual({
    original: { seq: theirs?.seq, digest: theirs?.digest },
    copies: [
      {
        path: COPY,
        tool: 'syncthing',
        seq: rescued?.seq,
        digest: rescued?.digest,
        base: { seq: base?.seq, digest: base?.digest },
      },
    ],
  });
  expect(problem.digest).toBe(theirs?.digest);
  expect(world.ids()).toEqual(['a']);
  expect(await world.read('a')).toMatchObject({ kind: 'served', mark: { code: 'conflict', id: problem.id } });
  const kept = await world.larder.readVersion(ref('a'), rescued?.seq ?? 0);
  expect(kept.kind === 'served' && new TextDecoder().decode(kept.bytes)).toBe(text(1, 2));
});

test('the copy is nobody else: not by its own address, not after a restart, not with a new catalog', async () => {
  await using world = await openConflict();
  const id = 'a.sync-conflict-20260102-131415-ABCDEF2';
  const check = async (): Promise<void> => {
    expect(await world.read(id)).toMatchObject({ kind: 'problem', problem: { code: 'conflict', document: 'a' } });
    expect(world.ids()).toEqual(['a']);
    expect(rescuedOf(world)).toBe(1);
    expect(conflictOf(world).conflict?.copies).toHaveLength(1);
  };
  await check();
  await world.larder.rescan();
  await world.reopen();
  await check();
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  await check();
  await expect(world.larder.write({ ref: ref(id), change: { op: 'put', body: bytes({}) } }, me)).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a first index finds copies beside their originals', async () => {
  await using world = await openGuarded({
    'lod/things/a.json': text(1, 1),
    [COPY]: text(1, 2),
    'lod/things/z (1).json': text(1, 1),
    'lod/things/a.json.orig': '<<<<',
  });
  expect(world.ids()).toEqual(['a', 'z (1)']);
  expect(
    conflictOf(world)
      .conflict?.copies.map(({ tool }) => tool)
      .toSorted(),
  ).toEqual(['merge', 'syncthing']);
});

test('a save into the copy is kept as well', async () => {
  await using world = await openConflict();
  world.save(COPY, text(1, 7));
  await world.larder.rescan();
  expect(rescuedOf(world)).toBe(2);
  expect(conflictOf(world).conflict?.copies).toHaveLength(1);
});

test('deleting the copy ends the conflict, and so does moving it over the original', async () => {
  await using world = await openConflict();
  rmSync(world.at(COPY));
  await world.larder.rescan();
  expect(world.problems()).toEqual([]);
  expect(await world.read('a')).toMatchObject({ mark: null });
  await using other = await openConflict();
  renameSync(other.at(COPY), other.at('lod/things/a.json'));
  await other.larder.rescan();
  expect(other.problems()).toEqual([]);
  expect(await other.text('a')).toBe(text(1, 2));
});

test('edits of the original, and its deletion, leave the conflict open', async () => {
  await using world = await openConflict();
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ a: 5 }) } }, me);
  expect(conflictOf(world).errors).toHaveLength(1);
  await world.larder.write({ ref: ref('a'), change: { op: 'delete' } }, me);
  await world.settleDown();
  expect(conflictOf(world).conflict?.original).toBeNull();
  await world.larder.guards.confirm(conflictOf(world).id, { take: 'copy' }, me);
  expect(await world.text('a')).toBe(text(1, 2));
  expect(world.problems()).toEqual([]);
});

test('taking the copy writes its bytes, taking the original leaves them in the history; the file goes either way', async () => {
  await using world = await openConflict();
  await expect(world.larder.guards.confirm(conflictOf(world).id, {}, me)).rejects.toMatchObject({
    code: 'bad_request',
  });
  const decided = await world.larder.guards.confirm(conflictOf(world).id, { take: 'copy' }, me);
  expect(decided).toMatchObject({ changed: 1, left: 0 });
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe(text(1, 2));
  expect(existsSync(world.at(COPY))).toBe(false);
  await world.settleDown();
  expect(world.problems()).toEqual([]);
  await using other = await openConflict();
  expect(await other.larder.guards.confirm(conflictOf(other).id, { take: 'original' }, me)).toMatchObject({
    changed: 0,
  });
  expect(await other.text('a')).toBe(text(9, 1));
  expect(existsSync(other.at(COPY))).toBe(false);
  expect(other.problems()).toEqual([]);
  expect(rescuedOf(other)).toBe(1);
});

test('a merge takes what each side changed, and refuses what both did', async () => {
  await using world = await openConflict();
  await world.larder.guards.confirm(conflictOf(world).id, { take: 'merge' }, me);
  expect(await world.text('a')).toBe(text(9, 2));
  expect(world.problems()).toEqual([]);
  await using other = await openConflict(text(2, 1), text(9, 1));
  await expect(other.larder.guards.confirm(conflictOf(other).id, { take: 'merge' }, me)).rejects.toMatchObject({
    code: 'conflict',
    errors: [{ pointer: '/a' }],
  });
  expect(await other.text('a')).toBe(text(9, 1));
  expect(existsSync(other.at(COPY))).toBe(true);
});

test('a preview of a decision does nothing', async () => {
  await using world = await openConflict();
  const { id } = conflictOf(world);
  for (const take of ['copy', 'merge', 'original'] as const)
    expect(await world.larder.guards.confirm(id, { take }, me, { dryRun: true })).toMatchObject({ isPreview: true });
  expect(await world.larder.guards.dismiss(id, {}, me, { dryRun: true })).toMatchObject({
    changed: 1,
    isPreview: true,
  });
  expect(await world.text('a')).toBe(text(9, 1));
  expect(conflictOf(world).id).toBe(id);
});

test('a dismissed copy is a document for good, over a new catalog too', async () => {
  await using world = await openConflict();
  await world.larder.guards.dismiss(conflictOf(world).id, {}, me);
  const check = async (): Promise<void> => {
    expect(world.problems()).toEqual([]);
    expect(await world.text('a.sync-conflict-20260102-131415-ABCDEF2')).toBe(text(1, 2));
    expect(world.ids()).toHaveLength(2);
  };
  await check();
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  await world.larder.rescan();
  await check();
});

test('several copies are decided one by one', async () => {
  await using world = await openConflict();
  const second = 'lod/things/a (conflicted copy 2026-01-02).json';
  world.save(second, text(1, 8));
  await world.larder.rescan();
  const { id } = conflictOf(world);
  await expect(world.larder.guards.confirm(id, { take: 'copy' }, me)).rejects.toMatchObject({
    code: 'conflict',
    members: { copies: expect.arrayContaining([COPY, second]) as string[] },
  });
  await world.larder.guards.confirm(id, { take: 'copy', copy: second }, me);
  expect(await world.text('a')).toBe(text(1, 8));
  expect(conflictOf(world).conflict?.copies.map(({ path }) => path)).toEqual([COPY]);
  await world.larder.guards.confirm(id, { take: 'original' }, me);
  expect(world.problems()).toEqual([]);
});

test('a (1) beside its original is a copy when younger and alike; through the API it is a document', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': text(1, 1), 'lod/things/b.json': text(1, 1) });
  world.save('lod/things/a (1).json', text(1, 2));
  world.save('lod/things/b (1).json', '{\n  "quite": "another"\n}\n');
  await world.larder.rescan();
  expect(world.ids()).toEqual(['a', 'b', 'b (1)']);
  expect(conflictOf(world)).toMatchObject({ document: 'a', errors: [{ code: 'conflict_copy' }] });
  await world.larder.write(
    { ref: ref('a (2)'), change: { op: 'exact', body: new TextEncoder().encode(text(1, 3)) } },
    me,
  );
  world.save('lod/things/a (2).json', text(1, 4));
  await world.larder.rescan();
  expect(world.ids()).toEqual(['a', 'a (2)', 'b', 'b (1)']);
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  expect(world.ids()).toEqual(['a', 'a (2)', 'b', 'b (1)']);
});

test('an older (1) is a document', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': text(1, 1) });
  world.save('lod/things/a (1).json', text(1, 2));
  utimesSync(world.at('lod/things/a (1).json'), 1000, 1000);
  await world.larder.rescan();
  expect(world.ids()).toEqual(['a', 'a (1)']);
});

test('a broken copy is kept, shown, and no document; a copy of a merge tool has no name to be one', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': text(1, 1) });
  world.save(COPY, '{"a": <<<<');
  world.save('lod/things/a.json.orig', text(1, 5));
  await world.larder.rescan();
  await world.pass(5000);
  await world.larder.rescan();
  expect(world.problems().map(({ code }) => code)).toEqual(['conflict']);
  expect(rescuedOf(world)).toBe(2);
  const { id } = conflictOf(world);
  for (const copy of [COPY, 'lod/things/a.json.orig'])
    await expect(world.larder.guards.dismiss(id, { copy }, me)).rejects.toMatchObject({ code: 'conflict' });
  await expect(world.larder.guards.confirm(id, { take: 'copy', copy: COPY }, me)).rejects.toMatchObject({
    code: 'bad_json',
  });
  await world.larder.guards.confirm(id, { take: 'copy', copy: 'lod/things/a.json.orig' }, me);
  expect(await world.text('a')).toBe(text(1, 5));
});

test('a document of a language or a place beside one alike is a document, not a copy', async () => {
  await using world = await openGuarded({
    'lod/things/en.json': text(1, 1),
    'lod/things/de.json': text(1, 1),
    'lod/things/de-AT.json': text(1, 2),
  });
  for (const id of ['en-US', 'en-GB-OED', 'hub-VIENNA']) world.save(`lod/things/${id}.json`, text(1, 3));
  world.save('lod/things/hub.json', text(1, 1));
  utimesSync(world.at('lod/things/hub.json'), 1000, 1000);
  await world.larder.rescan();
  expect(world.ids()).toEqual(['de', 'de-AT', 'en', 'en-GB-OED', 'en-US', 'hub', 'hub-VIENNA']);
  expect(world.problems()).toEqual([]);
  await world.larder.write({ ref: ref('en-US'), change: { op: 'put', body: bytes({ a: 7 }) } }, me);
  expect(JSON.parse((await world.text('en-US')) ?? '')).toEqual({ a: 7 });
});

test('a merge keeps what the original alone changed after the copy was made', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': text(1, 2) });
  await world.larder.write({ ref: ref('a'), change: { op: 'merge-patch', body: bytes({ a: 10 }) } }, me);
  world.save(COPY, text(1, 20));
  await world.larder.rescan();
  await world.larder.guards.confirm(conflictOf(world).id, { take: 'merge' }, me);
  expect(JSON.parse((await world.text('a')) ?? '')).toEqual({ a: 10, b: 20, c: 3 });
});

test('without a version that both sides grew from nothing is merged', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': text(10, 2) });
  world.save(COPY, text(1, 20));
  await world.larder.rescan();
  const { id, conflict } = conflictOf(world);
  expect(conflict?.copies[0]?.base).toBeNull();
  await expect(world.larder.guards.confirm(id, { take: 'merge' }, me)).rejects.toMatchObject({
    code: 'conflict',
    members: { conflict },
  });
  expect(await world.text('a')).toBe(text(10, 2));
  expect(existsSync(world.at(COPY))).toBe(true);
});

test('what was taken for a copy when its name still counted as one is a document after the next look', async () => {
  await using world = await openConflict();
  await world.reopen(() => {
    const database = new Database(world.at('.larder/derived/catalog.sqlite'));
    database.prepare('UPDATE problems SET faults = replace(faults, ?, ?)').run(COPY, 'lod/things/a-HUB.json');
    database.close();
    renameSync(world.at(COPY), world.at('lod/things/a-HUB.json'));
  });
  await world.larder.rescan();
  expect(world.problems()).toEqual([]);
  expect(world.ids()).toEqual(['a', 'a-HUB']);
  await world.larder.write({ ref: ref('a-HUB'), change: { op: 'put', body: bytes({ a: 7 }) } }, me);
  expect(await world.text('a')).toBe(text(9, 1));
});

import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytes, me, ref } from './world.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';

const ada = { actor: 'ada', cause: 'api', session: 'tidying' } as const;

async function openHeld(files: Readonly<Record<string, string>>): Promise<GuardedLarder & { readonly id: string }> {
  const world = await openGuarded(files);
  world.remove('lod/things');
  await world.settleDown();
  const [problem] = world.problems();
  expect(problem).toMatchObject({ code: 'held' });
  return Object.assign(world, { id: problem?.id ?? '' });
}

test('a hold that is confirmed is one change set of deletions by who confirmed it', async () => {
  await using world = await openHeld(documents(30));
  const decided = await world.larder.guards.confirm(world.id, {}, ada);
  expect(decided).toMatchObject({ decision: 'confirmed', changed: 30, left: 0, session: 'tidying', isPreview: false });
  const deletions = world.events().filter(({ op }) => op === 'delete');
  expect(deletions).toHaveLength(30);
  expect(new Set(deletions.map(({ change_set }) => change_set))).toEqual(new Set(decided.changeSets));
  expect(deletions[0]).toMatchObject({ actor: 'ada', cause: 'api', session: 'tidying' });
  expect(world.ids()).toEqual([]);
  expect(world.problems()).toEqual([]);
  expect(await world.read('d3')).toMatchObject({ kind: 'missing' });
});

test('a hold that was confirmed by mistake is undone by its change set', async () => {
  const files = documents(30);
  await using world = await openHeld(files);
  const { changeSets } = await world.larder.guards.confirm(world.id, {}, me);
  const undone = await world.larder.versions.undo({ change_set: changeSets[0] ?? '' }, me);
  expect(undone).toMatchObject({ undone: 30 });
  for (const [path, text] of Object.entries(files)) expect(readFileSync(world.at(path), 'utf8')).toBe(text);
  await world.settleDown();
  expect(world.problems()).toEqual([]);
  expect(world.ids()).toHaveLength(30);
});

test('a hold that is dismissed writes the files back byte for byte, as one restore', async () => {
  const files = { ...documents(20), 'lod/things/odd.json': '{"b":1.0,\r\n\t"a": 1e2}' };
  await using world = await openHeld({ ...files, 'lod/things/_schema.json': '{"type": "object"}' });
  const decided = await world.larder.guards.dismiss(world.id, {}, ada);
  expect(decided).toMatchObject({ decision: 'dismissed', changed: 22, left: 0 });
  for (const [path, text] of Object.entries(files)) expect(readFileSync(world.at(path), 'utf8')).toBe(text);
  expect(readFileSync(world.at('lod/things/_schema.json'), 'utf8')).toBe('{"type": "object"}');
  const restored = world.events().filter(({ cause }) => cause === 'restore');
  expect(restored.filter(({ op }) => op === 'update')).toHaveLength(21);
  expect(new Set(restored.map(({ change_set }) => change_set)).size).toBe(1);
  await world.settleDown();
  expect(world.problems()).toEqual([]);
  expect(world.deleted()).toEqual([]);
  expect(await world.read('d3')).toMatchObject({ kind: 'served', mark: null });
});

test('an undo over a hold that was dismissed takes nothing away that was served all the time; its change set does', async () => {
  const files = documents(30);
  await using world = await openHeld(files);
  const before = world.larder.seq;
  const { changeSets } = await world.larder.guards.dismiss(world.id, {}, me);
  await world.larder.write({ ref: ref('d3'), change: { op: 'put', body: bytes({ v: 'later' }) } }, me);
  await world.larder.write({ ref: ref('new'), change: { op: 'put', body: bytes({ v: 'new' }) } }, me);
  const { items } = await world.larder.versions.undo({ since: before }, me);
  expect(items.map(({ op, id }) => [op, id])).toEqual([
    ['update', 'd3'],
    ['delete', 'new'],
  ]);
  for (const [path, text] of Object.entries(files)) expect(readFileSync(world.at(path), 'utf8')).toBe(text);
  // The document's last change is what the first scan found.
  const last = { collection: 'lod/things', document: 'd5' };
  await expect(world.larder.versions.undo(last, me)).rejects.toMatchObject({ code: 'not_found' });
  expect(await world.larder.versions.undo({ change_set: changeSets[0] ?? '' }, me, { dryRun: true })).toMatchObject({
    undone: 30,
  });
});

test('what came back meanwhile is neither deleted nor written over', async () => {
  await using world = await openHeld(documents(12));
  world.save('lod/things/d3.json', '{"v": "mine"}\n');
  expect(await world.larder.guards.confirm(world.id, {}, me)).toMatchObject({ changed: 11 });
  expect(await world.text('d3')).toBe('{"v": "mine"}\n');
  expect(world.ids()).toEqual(['d3']);

  await using other = await openHeld(documents(12));
  other.save('lod/things/d3.json', '{"v": "mine"}\n');
  expect(await other.larder.guards.dismiss(other.id, {}, me)).toMatchObject({ changed: 11 });
  expect(await other.text('d3')).toBe('{"v": "mine"}\n');
});

test('a preview says how many and does nothing', async () => {
  await using world = await openHeld(documents(12));
  const before = world.events().length;
  for (const decide of ['confirm', 'dismiss'] as const) {
    const preview = await world.larder.guards[decide](world.id, {}, me, { dryRun: true });
    expect(preview).toMatchObject({ changed: 12, isPreview: true, changeSets: [] });
  }
  expect(world.events()).toHaveLength(before);
  expect(world.problems()).toHaveLength(1);
});

test('a decision can be made after a restart, and only once', async () => {
  await using world = await openHeld(documents(12));
  await world.reopen();
  expect(await world.larder.guards.confirm(world.id, {}, me)).toMatchObject({ changed: 12 });
  await expect(world.larder.guards.confirm(world.id, {}, me)).rejects.toMatchObject({ code: 'not_found' });
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  expect(world.problems()).toEqual([]);
  expect(world.deleted()).toHaveLength(12);
});

test('a broken save that is dismissed gives way to the last good version, and stays in the history', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}\n' });
  world.save('lod/things/a.json', '{"v": 2');
  await world.larder.rescan();
  await world.until(() => world.problems()[0]?.code === 'invalid');
  const [problem] = world.problems();
  await world.larder.guards.dismiss(problem?.id ?? '', {}, me);
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe('{"v": 1}\n');
  expect(world.problems()).toEqual([]);
  const kinds = world.larder
    .history(ref('a'), { before: null, limit: 10 })
    ?.items.map(({ kind, cause }) => `${kind} ${cause}`);
  expect(kinds).toEqual(['valid restore', 'invalid hand', 'valid hand']);
});

test('an edit that followed a mended file is undone to the mended one', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}\n' });
  world.save('lod/things/a.json', '{"v": 2');
  await world.larder.rescan();
  await world.until(() => world.problems()[0]?.code === 'invalid');
  world.save('lod/things/a.json', '{"v": 1}\n');
  await world.larder.rescan();
  world.save('lod/things/a.json', '{"v": 3}\n');
  await world.larder.rescan();
  await world.larder.versions.undo({ since: world.larder.seq - 1 }, me);
  expect(await world.text('a')).toBe('{"v": 1}\n');
});

test('a file that was never good has nothing to go back to', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 2' });
  await world.until(() => world.problems()[0]?.code === 'invalid');
  const [problem] = world.problems();
  await expect(world.larder.guards.dismiss(problem?.id ?? '', {}, me)).rejects.toMatchObject({ code: 'conflict' });
  await expect(world.larder.guards.confirm(problem?.id ?? '', {}, me)).rejects.toMatchObject({ code: 'conflict' });
});

test('bytes that a write would have lost are a problem until somebody takes them or lets them be', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': '{"v": 1}\n' });

  const rescueOne = async (text: string, v: number): Promise<string> => {
    // An editor that holds the file open while it is replaced saves into the replaced one.
    const fd = openSync(world.at('lod/things/a.json'), 'r+');
    await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v }) } }, me);
    writeSync(fd, text, 0);
    closeSync(fd);
    await world.until(() => world.problems().length > 0);
    const [problem] = world.problems();
    expect(problem).toMatchObject({ code: 'rescued', document: 'a', state: 'conflict' });
    return problem?.id ?? '';
  };
  const first = await rescueOne('{"v": 8}\n', 2);
  expect(await world.read('a')).toMatchObject({ kind: 'served', mark: { code: 'rescued', id: first } });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 3 }) } }, me);
  expect(world.problems()).toHaveLength(1);
  await world.larder.guards.dismiss(first, {}, me);
  expect(world.problems()).toEqual([]);
  expect(JSON.parse((await world.text('a')) ?? '')).toEqual({ v: 3 });
  const second = await rescueOne('{"v": 9}\n', 4);
  await world.larder.guards.confirm(second, {}, me);
  expect(world.problems()).toEqual([]);
  expect(JSON.parse((await world.text('a')) ?? '')).toEqual({ v: 9 });
});

test('more than a change set holds is decided in several that share a session', async () => {
  await using world = await openGuarded({ 'lod/things/big.json': '{}' });
  const text = (index: number): string => `{"pad": "${String(index).padEnd(9_000_000, 'x')}"}`;
  for (let index = 0; index < 9; index++) world.save(`lod/things/d${index}.json`, text(index));
  await world.larder.rescan();
  world.remove('lod/things');
  await world.settleDown();
  const [problem] = world.problems();
  const decided = await world.larder.guards.dismiss(problem?.id ?? '', {}, me);
  expect(decided.changed).toBe(10);
  expect(decided.changeSets).toHaveLength(2);
  const sessions = new Set(
    world
      .events()
      .filter(({ cause, op }) => cause === 'restore' && op === 'update')
      .map(({ session }) => session),
  );
  expect([...sessions]).toEqual([decided.session]);
}, 60_000);

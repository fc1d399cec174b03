import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';
import { bytes, me, ref } from './world.ts';

const marks = (world: GuardedLarder): ReadonlySet<string | null> =>
  new Set(
    world.larder
      .list('lod/things', { limit: 100, prefix: null, cursor: null })
      ?.items.map(({ problem }) => problem ?? null),
  );

const TAKES_AWAY = {
  'is gone': (world: GuardedLarder) => renameSync(world.root, `${world.root}-away`),
  'is an empty directory': (world: GuardedLarder) => {
    renameSync(world.root, `${world.root}-away`);
    mkdirSync(world.root);
  },
  'is a copy of itself': (world: GuardedLarder) => {
    renameSync(world.root, `${world.root}-away`);
    cpSync(`${world.root}-away`, world.root, { recursive: true });
    rmSync(world.at('lod/things/d1.json'));
    world.save('lod/things/d2.json', '{"v": "of the copy"}\n');
  },
} as const;

const bringBack = (world: GuardedLarder): void => {
  rmSync(world.root, { recursive: true, force: true });
  renameSync(`${world.root}-away`, world.root);
};

test.each(Object.entries(TAKES_AWAY))(
  'a root that %s is held, as one problem, and comes back by itself',
  async (_, takeAway) => {
    await using world = await openGuarded(documents(14));
    const seqBefore = world.larder.seq;
    takeAway(world);
    await world.settleDown();
    await world.pass(120_000);
    const [problem, ...others] = world.problems();
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'held', state: 'held', path: '.', errors: [{ code: 'root_missing' }] });
    expect(world.larder.status().problems).toBe(1);
    expect(world.larder.readiness()).toMatchObject({ ready: false, reasons: expect.arrayContaining(['root-missing']) });
    expect(world.ids()).toHaveLength(14);
    expect(marks(world)).toEqual(new Set(['held']));
    for (const id of ['d1', 'd2', 'd3'])
      expect(await world.read(id)).toMatchObject({ kind: 'served', mark: { code: 'held', id: problem?.id } });
    expect(await world.text('d2')).toBe('{"v": 2}\n');
    expect(world.larder.seq, 'nothing is recorded of what nobody can see').toBe(seqBefore);
    bringBack(world);
    // Less than the minute of a rescan.
    await world.pass(5000);
    expect(world.problems()).toEqual([]);
    expect(marks(world)).toEqual(new Set([null]));
    expect(world.larder.readiness().ready).toBe(true);
    expect(world.larder.seq).toBe(seqBefore);
  },
);

test.each(Object.entries(TAKES_AWAY))('a root that %s takes no write, and no decision', async (_, takeAway) => {
  await using world = await openGuarded(documents(3));
  takeAway(world);
  const put = { op: 'put', body: bytes({ v: 0 }) } as const;
  const changes = [
    { ref: ref('d1'), change: { op: 'delete' } },
    { ref: ref('d2'), change: put },
    { ref: ref('new'), change: put },
  ] as const;
  for (const change of changes)
    await expect(world.larder.write(change, me)).rejects.toMatchObject({ code: 'root_gone' });
  await expect(world.larder.putSchema('lod/things', bytes({}), me, undefined)).rejects.toMatchObject({
    code: 'root_gone',
  });
  await expect(world.larder.read(ref('never'))).rejects.toMatchObject({ code: 'root_gone' });
  const listener = { finding: () => {}, progress: () => {} };
  await expect(world.larder.maintenance.verify(listener)).rejects.toMatchObject({ code: 'root_gone' });
  const [problem] = world.problems();
  for (const decide of ['confirm', 'dismiss'] as const) {
    await expect(world.larder.guards[decide](problem?.id ?? '', {}, me)).rejects.toMatchObject({
      code: 'conflict',
      members: { hint: expect.stringContaining('Mount its disk') },
    });
  }
  bringBack(world);
  await world.pass(5000);
  await world.larder.write(changes[1], me);
  expect(readFileSync(world.at('lod/things/d2.json'), 'utf8')).toContain('0');
  expect(world.deleted()).toEqual([]);
});

test('what was changed while the root was away is found when it is back', async () => {
  await using world = await openGuarded(documents(14));
  TAKES_AWAY['is gone'](world);
  await world.settleDown();
  bringBack(world);
  world.save('lod/things/d3.json', '{"v": "edited"}\n');
  world.remove('lod/things/d4.json');
  await world.pass(8000);
  expect(await world.text('d3')).toBe('{"v": "edited"}\n');
  expect(world.deleted()).toEqual(['d4']);
});

test('absences that were held before the root went are held when it is back', async () => {
  await using world = await openGuarded(documents(12));
  world.remove('lod/things');
  await world.settleDown();
  const held = world.problems();
  expect(held).toMatchObject([{ code: 'held', path: 'lod/things' }]);
  TAKES_AWAY['is gone'](world);
  await world.settleDown();
  expect(await world.read('d3')).toMatchObject({ mark: { code: 'held' } });
  bringBack(world);
  await world.pass(120_000);
  expect(world.problems()).toEqual(held);
  expect(await world.read('d3')).toMatchObject({ mark: { code: 'held', id: held[0]?.id } });
});

test('nothing is known to be synced while the root is away: redo would not find it any more', async () => {
  const errors: string[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: (_: object, text: string) => void errors.push(text) };
  await using world = await openGuarded(documents(3), nodeFileSystem, log);
  await world.until(() => world.larder.status().checkpoint === world.larder.seq);
  await world.larder.write({ ref: ref('d1'), change: { op: 'put', body: bytes({ v: 'new' }) } }, me);
  const before = world.larder.status().checkpoint;
  TAKES_AWAY['is gone'](world);
  await world.pass(60_000);
  expect(world.larder.status().checkpoint).toBe(before);
  expect(errors, 'said once, and no failure of the program').toEqual([expect.stringContaining('is not there')]);
  bringBack(world);
  await world.until(() => world.larder.status().checkpoint > before);
});

interface Trouble {
  denied: boolean;
  moved: boolean;
}

/** A file system on which one directory, `lod/things`, can be denied or lie under another disk. */
function troubled(now: Trouble): FileSystem {
  const isInside = (path: string): boolean => path.endsWith('/lod/things') || path.includes('/lod/things/');
  const deny = (path: string): void => {
    if (now.denied && isInside(path)) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  return {
    ...nodeFileSystem,
    readDirectory(path) {
      deny(path);
      return now.moved && isInside(path) ? [] : nodeFileSystem.readDirectory(path);
    },
    lstat(path) {
      if (!path.endsWith('/lod/things')) deny(path);
      const stat = nodeFileSystem.lstat(path);
      if (!now.moved || !isInside(path)) return stat;
      return path.endsWith('/lod/things') && stat ? { ...stat, dev: stat.dev + 1n } : undefined;
    },
  };
}

const TROUBLES = [
  ['a directory without permission', { denied: true, moved: false }, 'document_held', 'no_permission'],
  ['another disk over a directory', { denied: false, moved: true }, 'other_device', 'other_device'],
] as const;

test.each(TROUBLES)('%s is held, as one problem, over restarts too', async (_, trouble, refusal, fault) => {
  const now = { denied: false, moved: false };
  await using world = await openGuarded({ ...documents(14), ...documents(3, 'lod/others') }, troubled(now));
  Object.assign(now, trouble);
  // Seen by a read before a rescan sees it: one event in all.
  expect(await world.read('d1')).toMatchObject({ kind: 'served', mark: { code: 'held' } });
  const { seq } = world.larder;
  const isHeld = async (): Promise<void> => {
    await world.settleDown();
    const problems = world.problems();
    expect(problems).toMatchObject([{ code: 'held', path: 'lod/things', errors: [{ code: fault }] }]);
    expect(problems).toHaveLength(1);
    expect(await world.read('d1')).toMatchObject({ kind: 'served', mark: { code: 'held', id: problems[0]?.id } });
    expect(marks(world)).toEqual(new Set(['held']));
    expect(await world.larder.read({ collection: 'lod/others', id: 'd1' })).toMatchObject({ mark: null });
    const erase = { ref: ref('d1'), change: { op: 'delete' } } as const;
    await expect(world.larder.write(erase, me)).rejects.toMatchObject({ code: refusal });
    for (const decide of ['confirm', 'dismiss'] as const)
      await expect(world.larder.guards[decide](problems[0]?.id ?? '', {}, me)).rejects.toMatchObject({
        code: 'conflict',
      });
    expect(world.larder.seq).toBe(seq);
  };
  await isHeld();
  await world.pass(120_000);
  await world.reopen();
  await isHeld();
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  await isHeld();
  Object.assign(now, { denied: false, moved: false });
  await world.settleDown();
  expect(world.problems()).toEqual([]);
  expect(world.events().at(-1)).toMatchObject({ op: 'resolved', code: 'held' });
  expect(marks(world)).toEqual(new Set([null]));
  expect(world.deleted()).toEqual([]);
});

test('a held collection that nobody may enter meanwhile stays held for what disappeared', async () => {
  const now = { denied: false, moved: false };
  await using world = await openGuarded(documents(30), troubled(now));
  // Redo writes back what disappears before the first checkpoint.
  await world.until(() => world.larder.status().checkpoint === world.larder.seq);
  world.remove(...Array.from({ length: 30 }, (_, index) => `lod/things/d${index}.json`));
  await world.settleDown();
  now.denied = true;
  await world.settleDown();
  expect(world.problems()).toMatchObject([
    { code: 'held', path: 'lod/things', errors: [{ code: 'no_permission' }, { code: 'held' }] },
  ]);
  await world.reopen(() => (now.denied = false));
  await world.settleDown();
  expect(world.problems()).toMatchObject([{ code: 'held', path: 'lod/things', errors: [{ code: 'held' }] }]);
  expect(world.deleted()).toEqual([]);
});

import { closeSync, openSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { LarderError } from '../../src/core/errors.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import type { ForgetReport } from '../../src/maintain/prune/types.ts';
import { Recorder } from '../../src/reconciler/recorder.ts';
import type { World } from '../../src/reconciler/world.ts';
import { openGuarded } from '../reconciler/guarded-world.ts';
import { me, notingSyncs, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';
import { verifyOpen } from './verify-world.ts';

/** Of one length. */
const [SECRET, SECRET_TOO] = ['{"secret": "hunter2"}', '{"secret": "hunter3"}'] as const;

const HURRY = 10;

/** Forgetting waits for a checkpoint, and that two seconds for what a write brought out; a minute is not waited for either. */
const HASTY: Clock = {
  ...systemClock,
  monotonicMs: () => systemClock.monotonicMs() * HURRY,
  after: (ms, run) => systemClock.after(Math.min(ms, 5000) / HURRY, run),
};

const openHasty = (files: Readonly<Record<string, string>>): Promise<TestLarder> =>
  openTestLarder(files, { host: { fs: nodeFileSystem, clock: HASTY, random: systemRandom } });

test('forgetting removes the bytes of an earlier version at once, also from the segment that grows', async () => {
  await using world = await openHasty({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  const report = await world.larder.maintenance.forget('lod/things/a.json', null);
  expect(report).toMatchObject({ forgotten: [1], elsewhere: [] });
  const log = readdirSync(world.at('.larder/log')).filter((name) => name.endsWith('.log'));
  expect(log).toHaveLength(2);
  const held = log.map((name) => readFileSync(world.at(`.larder/log/${name}`)).includes('hunter2'));
  expect(held).toEqual([false, false]);
  await expect(world.larder.readVersion(ref('a'), 1)).rejects.toMatchObject({ code: 'gone' });
  expect(world.larder.history(ref('a'), { before: null, limit: 10 })?.items).toHaveLength(2);
  expect((await verifyOpen(world.larder)).said).toEqual([]);
});

test('a preview names what would go and what stays elsewhere, and changes nothing', async () => {
  const secret = '{"secret": "hunter2"}';
  await using world = await openHasty({ 'lod/things/a.json': secret, 'lod/things/copy.json': secret });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  const planned = await world.larder.maintenance.forget('lod/things/a.json', null, { dryRun: true });
  expect(planned).toMatchObject({ forgotten: [1], elsewhere: [{ path: 'lod/things/copy.json' }], dry_run: true });
  expect(await world.larder.readVersion(ref('a'), 1)).toMatchObject({ bytes: Buffer.from(secret) });
  expect(await world.larder.maintenance.forget('lod/things/a.json', null)).toEqual({
    ...planned,
    freed_bytes: expect.any(Number),
    dry_run: false,
  });
});

test('what was saved right before, and nobody has looked at yet, is what the file holds', async () => {
  await using world = await openHasty({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  world.save('lod/things/a.json', '{"secret": null}');
  const planned = await world.larder.maintenance.forget('lod/things/a.json', null, { dryRun: true });
  expect(planned).toMatchObject({ forgotten: [1] });
});

test('forgetting a former name leaves what lies under the new one, also after a rebuild', async () => {
  await using world = await openHasty({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"v": 2}') } }, me);
  renameSync(world.at('lod/things/a.json'), world.at('lod/things/b.json'));
  await world.larder.rescan();
  expect(world.events().at(-1)).toMatchObject({ op: 'move', id: 'b' });
  expect((await world.larder.maintenance.forget('lod/things/a.json', null)).forgotten).not.toContain(3);
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  const listed = world.larder.list('lod/things', { limit: 10, prefix: null, cursor: null });
  expect(listed?.items.map(({ id, text }) => [id, text])).toEqual([['b', '{"v": 2}']]);
});

test('forgetting refuses what the file still holds, and says what to do', async () => {
  await using world = await openHasty({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  await expect(world.larder.maintenance.forget('lod/things/a.json', 1)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('change or delete the file first'),
  });
  await expect(world.larder.maintenance.forget('lod/things/a.json', null)).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(world.larder.maintenance.forget('lod/things/a.json', 9)).rejects.toMatchObject({ code: 'not_found' });
  await expect(world.larder.maintenance.forget('lod/things/none.json', null)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('forgetting takes every version with the same bytes, and names other paths that have them', async () => {
  const secret = '{"secret": "hunter2"}';
  await using world = await openHasty({ 'lod/things/a.json': secret, 'lod/things/copy.json': secret });
  const put = (text: string): Promise<unknown> =>
    world.larder.write({ ref: ref('a'), change: { op: 'exact', body: Buffer.from(text) } }, me);
  await put('{"secret": 1}');
  await put(secret);
  await put('{"secret": 2}');
  const report = await world.larder.maintenance.forget('lod/things/a.json', 1);
  expect(report.forgotten).toHaveLength(2);
  expect(report.elsewhere.map(({ path }) => path)).toEqual(['lod/things/copy.json']);
  expect(await world.text('copy')).toBe(secret);
});

test('forgetting removes large bytes that nobody else has, also beside some that another path needs', async () => {
  const large = (text: string): string => `{"secret": "${text.repeat(1_500_000)}"}`;
  await using world = await openHasty({ 'lod/things/a.json': large('x'), 'lod/things/copy.json': large('x') });
  for (const text of [large('y'), '{}'])
    await world.larder.write({ ref: ref('a'), change: { op: 'exact', body: Buffer.from(text) } }, me);
  const blobs = (): number =>
    readdirSync(world.at('.larder/blobs'), { recursive: true }).filter((name) => /[0-9a-f]{64}$/.test(String(name)))
      .length;
  expect(blobs()).toBe(2);
  const report = await world.larder.maintenance.forget('lod/things/a.json', null);
  expect(report.digests).toHaveLength(2);
  expect(report.elsewhere).toEqual([{ path: 'lod/things/copy.json', seq: expect.any(Number) }]);
  expect(blobs()).toBe(1);
  expect(await world.text('copy')).toBe(large('x'));
});

test.each([1_500_000, 15])('forgetting never takes %i bytes that a write brings at that very moment', async (size) => {
  const secret = JSON.stringify({ secret: 'x'.repeat(size) });
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isHeldUp = false;
  // A write of the same bytes stops between its preparation and its frame.
  const heldUp = (world: World): World => {
    const record: World['recorder']['record'] = async (draft, options) => {
      if (isHeldUp && draft.entries.some(({ path }) => path === 'lod/things/b.json')) {
        reached.resolve();
        await goOn.promise;
      }
      return Recorder.prototype.record.call(world.recorder, draft, options);
    };
    const recorder = new Proxy(world.recorder, {
      get: (target, name) => {
        const value: unknown = name === 'record' ? record : Reflect.get(target, name, target);
        return typeof value === 'function' && name !== 'record' ? value.bind(target) : value;
      },
    });
    return { ...world, recorder };
  };
  const host = { fs: nodeFileSystem, clock: HASTY, random: systemRandom, world: heldUp };
  await using world = await openTestLarder({ 'lod/things/a.json': secret }, { host });
  const put = (id: string, text: string): Promise<unknown> =>
    world.larder.write({ ref: ref(id), change: { op: 'exact', body: Buffer.from(text) } }, me);
  await put('a', '{}');
  isHeldUp = true;
  const writing = put('b', secret).then(
    () => 'written',
    (error: unknown) => (error instanceof LarderError ? error.code : error),
  );
  await reached.promise;
  expect(await world.larder.maintenance.forget('lod/things/a.json', 1)).toMatchObject({ forgotten: [1] });
  isHeldUp = false;
  goOn.resolve();
  const outcome = await writing;
  expect(['written', 'busy']).toContain(outcome);
  if (outcome === 'busy') await put('b', secret);
  await put('b', '{}');
  const [, first] = world.larder.history(ref('b'), { before: null, limit: 10 })?.items ?? [];
  const answer = await world.larder.readVersion(ref('b'), first?.seq ?? 0);
  expect(answer).toMatchObject({ kind: 'served', etag: digestOf(Buffer.from(secret)) });
});

test('what was shown is what is forgotten: where it would be other versions by now, it is none', async () => {
  await using world = await openHasty({ 'lod/things/a.json': SECRET });
  const put = (text: string): Promise<unknown> =>
    world.larder.write({ ref: ref('a'), change: { op: 'exact', body: Buffer.from(text) } }, me);
  await put('{"v": 2}');
  const forget = (only: readonly number[], dryRun = false): Promise<ForgetReport> =>
    world.larder.maintenance.forget('lod/things/a.json', null, { dryRun, only });
  const { forgotten: shown } = await world.larder.maintenance.forget('lod/things/a.json', null, { dryRun: true });
  await put('{"v": 3}');
  await expect(forget(shown)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('it would forget version 2 too; nothing was forgotten'),
  });
  await expect(forget([1, 2, 3])).rejects.toMatchObject({ message: expect.stringContaining('not forget version 3;') });
  for (const [seq, text] of [SECRET, '{"v": 2}'].entries())
    expect(await world.larder.readVersion(ref('a'), seq + 1)).toMatchObject({ bytes: Buffer.from(text) });
  expect(await forget([2, 1])).toMatchObject({ forgotten: [2, 1] });
});

test('forgetting works on what was deleted', async () => {
  await using world = await openHasty({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'delete' } }, me);
  expect(await world.larder.maintenance.forget('lod/things/a.json', null)).toMatchObject({ forgotten: [1] });
  await world.reopen();
  await expect(world.larder.readVersion(ref('a'), 1)).rejects.toMatchObject({ code: 'gone' });
});

// Teeth: looked for by the digits of the forgotten bytes alone, it is not found: it bears those of what replaced it.
test('what a program has open in .larder/tmp is named, not taken from it, and goes once it is closed', async () => {
  await using world = await openGuarded({ 'lod/things/a.json': SECRET });
  const tmp = (): string[] => readdirSync(world.at('.larder/tmp'));
  const saving = openSync(world.at('lod/things/a.json'), 'r+');
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  await world.pass(120_000);
  const [name, ...others] = tmp();
  expect(others).toEqual([]);
  const left = [{ file: `.larder/tmp/${name}`, open: true }];
  for (const dryRun of [true, false]) {
    let report: ForgetReport | null = null;
    void world.larder.maintenance.forget('lod/things/a.json', null, { dryRun }).then((told) => (report = told));
    await world.until(() => report !== null);
    expect(report).toMatchObject({ forgotten: [1], left, dry_run: dryRun });
  }
  expect(readFileSync(world.at(`.larder/tmp/${name}`), 'utf8')).toBe(SECRET);
  closeSync(saving);
  await world.until(() => tmp().length === 0);
  expect(world.problems()).toEqual([]);
});

test('a young file that may be a write on its way stays and is named; an old one goes, whatever its name', async () => {
  await using world = await openHasty({ 'lod/things/a.json': SECRET });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  const place = (name: string, text: string): void => writeFileSync(world.at(`.larder/tmp/${name}`), text);
  place('young', SECRET);
  place('old', SECRET);
  place('other', SECRET_TOO);
  utimesSync(world.at('.larder/tmp/old'), 1, 1);
  const { left } = await world.larder.maintenance.forget('lod/things/a.json', null);
  expect(left).toEqual([{ file: '.larder/tmp/young', open: false }]);
  expect(readdirSync(world.at('.larder/tmp')).toSorted()).toEqual(['other', 'young']);
});

test.each([15, 1_500_000])('a catalog is made anew from a log whose bytes were forgotten (%i)', async (size) => {
  const secret = JSON.stringify({ secret: 'x'.repeat(size) });
  await using world = await openHasty({ 'lod/things/a.json': secret, 'lod/things/b.json': secret });
  const put = (id: string, text: string): Promise<unknown> =>
    world.larder.write({ ref: ref(id), change: { op: 'exact', body: Buffer.from(text) } }, me);
  await put('a', '{"v": 2}');
  await put('b', '{"v": 2}');
  await world.larder.write({ ref: ref('b'), change: { op: 'delete' } }, me);
  for (const path of ['lod/things/a.json', 'lod/things/b.json']) await world.larder.maintenance.forget(path, null);
  await world.reopen(() => rmSync(world.at('.larder/derived'), { recursive: true }));
  expect(await world.text('a')).toBe('{"v": 2}');
  expect(await world.read('b')).toMatchObject({ kind: 'missing' });
  await expect(world.larder.readVersion(ref('a'), 1)).rejects.toMatchObject({ code: 'gone' });
  expect((await verifyOpen(world.larder)).said).toEqual([]);
});

test.each([
  ['a verification tells the catalog first', systemClock],
  ['the catalog is told a minute later', HASTY],
])('where the disk fails right after the log was written anew, %s', async (_, clock) => {
  let [isArmed, isBroken] = [true, false];
  const fs: FileSystem = {
    ...nodeFileSystem,
    rename(from, to) {
      const isWrittenAnew = to.endsWith('.log') && nodeFileSystem.lstat(to) !== undefined;
      nodeFileSystem.rename(from, to);
      isBroken ||= isArmed && isWrittenAnew;
    },
    open(path, ...rest) {
      if (isBroken && path.endsWith('.log')) throw Object.assign(new Error(`EIO: open ${path}`), { code: 'EIO' });
      return nodeFileSystem.open(path, ...rest);
    },
  };
  const host = { fs, clock, random: systemRandom };
  await using world = await openTestLarder({ 'lod/things/a.json': SECRET }, { host });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  await expect(world.larder.maintenance.forget('lod/things/a.json', null)).rejects.toThrow('EIO');
  [isArmed, isBroken] = [false, false];
  if (clock === systemClock) expect((await verifyOpen(world.larder)).said).toEqual([]);
  const refusal = async (): Promise<unknown> => world.larder.readVersion(ref('a'), 1).catch((error: unknown) => error);
  await expect.poll(refusal, { timeout: 20_000 }).toMatchObject({ code: 'gone' });
});

test('what is forgotten is gone for good once it is said: the removals are synced', async () => {
  const secret = JSON.stringify({ secret: 'x'.repeat(1_100_000) });
  const synced = new Set<string>();
  const fs = notingSyncs(nodeFileSystem, synced);
  await using world = await openTestLarder(
    { 'lod/things/a.json': secret },
    { host: { fs, clock: HASTY, random: systemRandom } },
  );
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"secret": null}') } }, me);
  const shelf = world.at(`.larder/blobs/${digestOf(Buffer.from(secret)).slice(0, 2)}`);
  expect(readdirSync(shelf)).toHaveLength(1);
  synced.clear();
  expect(await world.larder.maintenance.forget('lod/things/a.json', null)).toMatchObject({ forgotten: [1] });
  expect(readdirSync(shelf)).toEqual([]);
  expect([...synced]).toEqual(expect.arrayContaining([shelf, world.at('.larder/tmp')]));
});

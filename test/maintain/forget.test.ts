import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { LarderError } from '../../src/core/errors.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { Recorder } from '../../src/reconciler/recorder.ts';
import type { World } from '../../src/reconciler/world.ts';
import { me, openTestLarder, ref } from '../reconciler/world.ts';
import { verifyOpen } from './verify-world.ts';

test('forgetting removes the bytes of an earlier version at once, also from the segment that grows', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"secret": "hunter2"}' });
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
  await using world = await openTestLarder({ 'lod/things/a.json': secret, 'lod/things/copy.json': secret });
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
  await using world = await openTestLarder({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  world.save('lod/things/a.json', '{"secret": null}');
  const planned = await world.larder.maintenance.forget('lod/things/a.json', null, { dryRun: true });
  expect(planned).toMatchObject({ forgotten: [1] });
});

test('forgetting a former name leaves what lies under the new one, also after a rebuild', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
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
  await using world = await openTestLarder({ 'lod/things/a.json': '{"secret": "hunter2"}' });
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
  await using world = await openTestLarder({ 'lod/things/a.json': secret, 'lod/things/copy.json': secret });
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
  await using world = await openTestLarder({ 'lod/things/a.json': large('x'), 'lod/things/copy.json': large('x') });
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
  const host = { fs: nodeFileSystem, clock: systemClock, random: systemRandom, world: heldUp };
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

test('forgetting works on what was deleted', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"secret": "hunter2"}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'delete' } }, me);
  expect(await world.larder.maintenance.forget('lod/things/a.json', null)).toMatchObject({ forgotten: [1] });
  await world.reopen();
  await expect(world.larder.readVersion(ref('a'), 1)).rejects.toMatchObject({ code: 'gone' });
});

test.each([15, 1_500_000])('a catalog is made anew from a log whose bytes were forgotten (%i)', async (size) => {
  const secret = JSON.stringify({ secret: 'x'.repeat(size) });
  await using world = await openTestLarder({ 'lod/things/a.json': secret, 'lod/things/b.json': secret });
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

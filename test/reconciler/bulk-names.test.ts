/** New files of a bulk get their names in a worker: what is in its way, and how far it came when it dies. */
import { readdirSync, renameSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { BulkRequest } from '../../src/files/bulk-requests.ts';
import type { NewName } from '../../src/files/place-batch.ts';
import { WorkerPool } from '../../src/files/worker-pool.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { bytes, me, openTestLarder, ref, type TestLarder } from './world.ts';

const IDS = Array.from({ length: 20 }, (_, index) => `d${index}`);

const writeAll = (world: TestLarder) =>
  world.larder.writeAll(
    IDS.map((id, v) => ({ ref: ref(id), change: { op: 'put', body: bytes({ v }) } })),
    me,
    {},
  );

/** What is done instead of asking the worker, or before: `asks` does it. */
function onNaming(instead: (names: readonly NewName[], asks: () => Promise<unknown>) => Promise<unknown>): void {
  const ask = Reflect.get(WorkerPool.prototype, 'ask') as (request: unknown) => Promise<unknown>;
  vi.spyOn(WorkerPool.prototype, 'ask').mockImplementation(function (this: unknown, request) {
    const asked = request(new Set()) as BulkRequest;
    const asks = () => ask.call(this, request);
    return asked.do === 'name' ? instead(asked.names, asks) : asks();
  });
}

/** The worker gives seven files their names and dies; another one may be asked the same then. */
const letWorkerDie = (world: TestLarder, next: 'none' | 'asked'): void =>
  onNaming((names, asks) => {
    for (const { file, path } of names.slice(0, 7)) renameSync(file, world.at(path));
    return next === 'asked' ? asks() : Promise.reject(new Error('the worker died'));
  });

const opsOf = (world: TestLarder): string[] => world.events().map(({ op, id, cause }) => `${op} ${id} ${cause}`);

afterEach(() => void vi.restoreAllMocks());

test('a file that is saved by hand between the look and its name stays, as the later version', async () => {
  await using world = await openTestLarder();
  onNaming((_names, asks) => {
    world.save('lod/things/d11.json', '{"by": "hand"}');
    return asks();
  });
  expect((await writeAll(world)).every(({ ok }) => ok)).toBe(true);
  await vi.waitFor(async () => expect(await world.text('d11')).toBe('{"by": "hand"}'), { timeout: 20_000 });
  expect(opsOf(world)).toEqual([...IDS.map((id) => `create ${id} api`), 'update d11 hand']);
  expect(readdirSync(world.at('.larder/tmp'))).toEqual([]);
});

test('what a worker had named when it died is in place, and the rest is placed without it', async () => {
  await using world = await openTestLarder();
  letWorkerDie(world, 'none');
  expect((await writeAll(world)).every(({ ok }) => ok)).toBe(true);
  await world.larder.rescan();
  expect(await Promise.all(IDS.map((id) => world.text(id)))).toEqual(IDS.map((_, v) => `{\n  "v": ${v}\n}\n`));
  expect(opsOf(world)).toEqual(IDS.map((id) => `create ${id} api`));
  expect(readdirSync(world.at('.larder/tmp'))).toEqual([]);
});

test.each(['none', 'asked'] as const)(
  'it is taken back with all others when one finds no room (next: %s)',
  async (next) => {
    const disk = { ...nodeFileSystem };
    await using world = await openTestLarder();
    const full = vi.spyOn(nodeFileSystem, 'renameNoReplace').mockImplementation((from, to) => {
      if (to.endsWith('/d15.json')) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      disk.renameNoReplace(from, to);
    });
    letWorkerDie(world, next);
    await expect(writeAll(world)).rejects.toMatchObject({ code: 'disk_full' });
    expect(readdirSync(world.at('lod/things'))).toEqual([]);
    full.mockRestore();
    await world.larder.rescan();
    expect(opsOf(world)).toEqual([]);
  },
);

test('a save into a file that has just got its name is told, though the kernel says it before the worker does', async () => {
  // In a new directory nothing is watched yet.
  await using world = await openTestLarder({ 'lod/things/first.json': '{}' }, { watcher: 'auto' });
  onNaming(async (_names, asks) => {
    const reply = await asks();
    world.save('lod/things/d3.json', '{"by": "hand"}');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return reply;
  });
  await writeAll(world);
  await vi.waitFor(() => expect(opsOf(world)).toContain('update d3 hand'), { timeout: 20_000 });
});

/** What waits for the disk is bounded: what is beyond is refused, and may be sent again. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { eventsAfter } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

interface SlowDisk {
  readonly fs: FileSystem;
  /** Syncs wait from now on, until `go`. */
  stop(): void;
  go(): void;
}

function slowDisk(): SlowDisk {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  return {
    fs: {
      ...nodeFileSystem,
      async fdatasync(fd) {
        await gate.promise;
        await nodeFileSystem.fdatasync(fd);
      },
    },
    stop: () => (gate = Promise.withResolvers()),
    go: () => gate.resolve(),
  };
}

const QUEUE = 3;

function openSlow(disk: SlowDisk): Promise<World> {
  const host = { fs: disk.fs, clock: systemClock, random: systemRandom, inThread: true, queueFrames: QUEUE };
  return openWorld({ open: { watcher: 'none', host } });
}

test('writes beyond the queue are refused with 503 busy, and each is done or not done', async () => {
  const disk = slowDisk();
  await using world = await openSlow(disk);
  disk.stop();
  const ids = Array.from({ length: 12 }, (_, index) => `d${index}`);
  const answers = ids.map((id) => world.put(`/v1/lod/things/${id}`, { id }));
  const first = await Promise.race(answers);
  expect(first.status).toBe(503);
  expect(first.json).toMatchObject({ code: 'busy' });
  expect(first.headers['retry-after']).toBe('1');
  expect((await world.get('/v1/lod/things/other')).status, 'reads go on').toBe(404);
  disk.go();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([201, 503]));
  const written = ids.filter((_, index) => statuses[index] === 201);
  expect(eventsAfter(world, 0).toSorted()).toEqual(written.map((id) => `create lod/things/${id}`).toSorted());
  for (const [index, id] of ids.entries())
    expect((await world.get(`/v1/lod/things/${id}`)).status).toBe(statuses[index] === 201 ? 200 : 404);
  expect((await world.put('/v1/lod/things/d11', { again: true })).status).toBeLessThan(300);
});

test('a bulk beyond the queue is refused as a whole with 503 busy', async () => {
  const disk = slowDisk();
  await using world = await openSlow(disk);
  disk.stop();
  const waiting = Array.from({ length: QUEUE }, (_, index) => world.put(`/v1/lod/things/d${index}`, {}));
  const body = '{"op": "put", "id": "x", "doc": {}}\n{"op": "put", "id": "y", "doc": {}}\n';
  const headers = { 'Content-Type': 'application/x-ndjson' };
  await expect
    .poll(() => world.ask('POST', '/v1/lod/things/_bulk', { body, headers }), { timeout: 20_000 })
    .toMatchObject({ status: 503, json: { code: 'busy' }, headers: { 'retry-after': '1' } });
  disk.go();
  await Promise.all(waiting);
  expect(eventsAfter(world, 0).filter((event) => event.endsWith('/x') || event.endsWith('/y'))).toEqual([]);
  const again = await world.ask('POST', '/v1/lod/things/_bulk', { body, headers });
  expect([again.status, again.headers['larder-durability']]).toEqual([200, 'sync']);
});

test.each(['sync', 'os'] as const)(
  'a write says that its durability is %s, and so does /readyz',
  async (durability) => {
    await using world = await openWorld({ open: { watcher: 'none', durability } });
    expect((await world.put('/v1/lod/things/a', {})).headers['larder-durability']).toBe(durability);
    expect((await world.ask('DELETE', '/v1/lod/things/a')).headers['larder-durability']).toBe(durability);
    expect((await world.get('/readyz')).json).toMatchObject({ durability });
  },
);

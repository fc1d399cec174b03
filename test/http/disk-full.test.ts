/** What HTTP says while the disk takes nothing. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { run } from '../cli/world.ts';
import { openWorld } from './world.ts';

const PATIENCE = { timeout: 20_000 };

interface FillableDisk {
  readonly fs: FileSystem;
  isFull: boolean;
}

/** A disk that is full while it is told to be. */
function fillableDisk(): FillableDisk {
  const ifRoom = <T>(call: () => T): T => {
    if (disk.isFull) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', syscall: 'write' });
    return call();
  };
  const real = nodeFileSystem;
  const disk: FillableDisk = {
    isFull: false,
    fs: {
      ...real,
      open: (path, mode, permissions) =>
        mode === 'create-new' ? ifRoom(() => real.open(path, mode, permissions)) : real.open(path, mode, permissions),
      write: (fd, bytes, offset, length, position) => ifRoom(() => real.write(fd, bytes, offset, length, position)),
      makeDirectory: (path, mode) => ifRoom(() => real.makeDirectory(path, mode)),
    },
  };
  return disk;
}

test('a full disk: reads serve the disk and say unrecorded, writes get 507, and recording resumes by itself', async () => {
  const disk = fillableDisk();
  const host = { fs: disk.fs, clock: systemClock, random: systemRandom, inThread: true };
  await using world = await openWorld({
    files: { 'lod/things/a.json': { v: 1 }, 'lod/things/b.json': { v: 1 } },
    open: { watcher: 'none', host },
  });
  const { seq } = world.larder;
  disk.isFull = true;
  world.save('lod/things/a.json', { v: 2 });
  const changed = await world.get('/v1/lod/things/a');
  expect([changed.status, changed.json]).toEqual([200, { v: 2 }]);
  expect(changed.headers['larder-problem']).toMatch(/^unrecorded; id=[0-9a-f]{16}; digest=[0-9a-f]{64}$/);
  expect(Number(changed.headers['larder-seq']), 'no new seq').toBeLessThanOrEqual(seq);
  expect(changed.headers['etag']).toBe(`"${String(changed.headers['larder-problem']).slice(-64)}"`);
  world.save('lod/things/new.json', { v: 1 });
  expect((await world.get('/v1/lod/things/new')).headers['larder-problem']).toMatch(/^unrecorded/);
  world.save('lod/things/b.json', '{"v": ');
  expect((await world.get('/v1/lod/things/b')).json, 'what is broken is still judged').toEqual({ v: 1 });
  for (const [method, path] of [
    ['PUT', '/v1/lod/things/a'],
    ['PUT', '/v1/lod/things/c'],
    ['DELETE', '/v1/lod/things/a'],
  ] as const)
    expect((await world.ask(method, path, method === 'PUT' ? { body: {} } : {})).status).toBe(507);
  expect((await world.get('/v1/lod/things')).status, 'lists go on').toBe(200);
  const page = await world.get('/v1/_changes');
  expect([page.status, page.headers['larder-problem']]).toEqual([200, 'unrecorded']);
  const problems = (await run(['problems', '--port', String(world.port)])).out;
  expect(problems).toMatch(/unrecorded [0-9a-f]{16} since .*; the file is served as it is\. The change is served/);
  const ready = await world.get('/readyz');
  expect(ready.status).toBe(200);
  expect(ready.json).toMatchObject({ reasons: expect.arrayContaining(['log-unwritable', 'disk-full', 'unrecorded']) });
  disk.isFull = false;
  await expect.poll(async () => (await world.get('/readyz')).json, PATIENCE).toMatchObject({ reasons: [] });
  const recorded = await world.get('/v1/lod/things/a');
  expect(recorded.headers['larder-problem']).toBeUndefined();
  expect(Number(recorded.headers['larder-seq'])).toBeGreaterThan(seq);
  const told = await world.get(`/v1/_changes?_since=${seq}`);
  expect(told.headers['larder-problem']).toBeUndefined();
  expect(told.json).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ op: 'create', id: 'new' })]),
  });
  expect((await world.put('/v1/lod/things/c', {})).status).toBe(201);
});

test('a stream beyond what the history keeps is answered from its file, new or longer, while nothing can be recorded', async () => {
  const disk = fillableDisk();
  const host = { fs: disk.fs, clock: systemClock, random: systemRandom, inThread: true };
  const line = `${JSON.stringify({ text: 'a record of a stream '.repeat(50) })}\n`;
  const large = line.repeat(Math.ceil((17 * 1024 * 1024) / line.length));
  await using world = await openWorld({
    files: { 'lod/log/known.jsonl': large },
    open: { watcher: 'none', host },
  });
  disk.isFull = true;
  world.save('lod/log/new.jsonl', large);
  world.save('lod/log/known.jsonl', large + line);
  for (const [id, text] of [
    ['new', large],
    ['known', large + line],
  ] as const) {
    const answer = await world.get(`/v1/lod/log/${id}.jsonl`);
    expect([answer.status, answer.headers['larder-problem']]).toEqual([200, expect.stringMatching(/^unrecorded; /)]);
    expect(answer.text === text).toBe(true);
  }
  disk.isFull = false;
  await expect.poll(async () => (await world.get('/readyz')).json, PATIENCE).toMatchObject({ reasons: [] });
  expect((await world.get('/v1/lod/log/new.jsonl')).headers['larder-problem']).toBeUndefined();
});

/** What is asked of history and is not there: each answer says what, where and what to do. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/host/ports.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openWorld } from './world.ts';

const HOUR_MS = 3_600_000;

test('a forgotten version is named by document, seq and time, wherever it is asked for', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
  for (const v of [2, 3]) await world.put('/v1/lod/things/a', { v });
  await world.larder.maintenance.forget('lod/things/a.json', 2);
  const gone = {
    code: 'gone',
    detail: expect.stringMatching(/^the bytes of version 2 of lod\/things\/a\.json, recorded 20\S+Z, are not kept$/),
    seq: 2,
  };
  for (const path of ['a?_at=2', 'a/_history/2', 'a/_diff?_from=1&_to=2', 'a/_diff?_from=2&_to=3'])
    expect(await world.get(`/v1/lod/things/${path}`), path).toMatchObject({ status: 410, json: gone });
  for (const listed of ['/v1/lod/things/a/_history', '/v1/lod/things/_history', '/v1/_history']) {
    const { items } = (await world.get(listed)).json as { items: readonly { seq: number; gone?: string }[] };
    expect(items.map(({ seq, gone: why }) => [seq, why])).toEqual([
      [3, undefined],
      [2, 'pruned'],
      [1, undefined],
    ]);
  }
  const revert = await world.ask('POST', '/v1/lod/things/a/_revert', { body: { to: 2 } });
  expect(revert).toMatchObject({ status: 410, json: gone });
});

test('with Prefer: tx=rollback forgetting names what would go, and changes nothing', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
  await world.put('/v1/lod/things/a', { v: 2 });
  const forget = (prefer?: string): ReturnType<typeof world.ask> =>
    world.ask('POST', '/v1/_forget', {
      body: { path: 'lod/things/a.json' },
      headers: prefer === undefined ? {} : { Prefer: prefer },
    });
  const planned = await forget('tx=rollback');
  expect(planned).toMatchObject({ status: 200, json: { forgotten: [1], dry_run: true } });
  expect(planned.headers['preference-applied']).toBe('tx=rollback');
  expect(await world.get('/v1/lod/things/a/_history/1')).toMatchObject({ status: 200, json: { v: 1 } });
  // To ignore a misspelt one would be to forget.
  expect(await forget('tx=rolback')).toMatchObject({ status: 400, json: { code: 'bad_parameter' } });
  expect(await world.get('/v1/lod/things/a/_history/1')).toMatchObject({ status: 200 });
});

test('a seq that is no version of a document, and one that is no seq, are told with where to look', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
  await world.put('/v1/lod/things/b', { v: 2 });
  const hint = 'GET /v1/lod/things/b/_history, or larder log lod/things/b, lists its versions.';
  const answer = await world.get('/v1/lod/things/b/_history/1');
  expect(answer).toMatchObject({ status: 404, json: { detail: 'version 1 of lod/things/b is not there', hint } });
  expect(await world.get('/v1/lod/things/b/_history/x')).toMatchObject({ status: 404, json: { hint } });
  expect(await world.get('/v1/lod/things/b/_history/99')).toMatchObject({ status: 400, json: { code: 'future_seq' } });
});

test('what was deleted or moved away says when, by whom, and how it comes back', async () => {
  await using world = await openWorld({ files: { 'lod/things/old.json': { v: 1 } } });
  for (const path of ['things/a', 'files/a.txt']) {
    const url = `/v1/lod/${path}`;
    await world.put(url, { v: 2 });
    expect(await world.get(url)).toMatchObject({ status: 200 });
    const { headers } = await world.ask('DELETE', url);
    const hint = expect.stringMatching(
      new RegExp(
        `^It was deleted at seq ${String(headers['larder-seq'])}, 20\\S+Z, by local\\. larder undo lod/${path} brings it back`,
      ),
    );
    expect(await world.get(url), path).toMatchObject({ status: 404, json: { code: 'not_found', hint } });
    expect(await world.ask('DELETE', url), path).toMatchObject({ status: 404, json: { hint } });
  }
  renameSync(join(world.root, 'lod/things/old.json'), join(world.root, 'lod/things/new.json'));
  await world.larder.rescan();
  expect(await world.get('/v1/lod/things/old')).toMatchObject({
    status: 404,
    json: { hint: expect.stringMatching(/^It was moved to lod\/things\/new at seq \d+, 20\S+Z, by hand\.$/) },
  });
  expect(await world.get('/v1/lod/things/never')).toMatchObject({ status: 404, json: { hint: 'See detail.' } });
});

test('a document that was not there at a time that can mean two moments says so', async () => {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const host = { fs: nodeFileSystem, clock, random: systemRandom };
  await using world = await openWorld({ open: { host } });
  const startMs = clock.nowMs();
  aheadMs = HOUR_MS;
  await world.put('/v1/lod/things/a', { v: 1 });
  aheadMs = 0;
  await world.put('/v1/lod/things/a', { v: 2 });
  const answer = await world.get(`/v1/lod/things/a?_at=${new Date(startMs + HOUR_MS / 2).toISOString()}`);
  expect(answer).toMatchObject({ status: 404, json: { hint: expect.stringContaining('name a seq') } });
  expect(answer.headers['larder-at']).toBe('0; ambiguous');
});

/** Files below `files/` have a history as documents have: versions, bytes of then, diffs, ways back. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

const at = '/v1/lod/files/notes/read%20me.txt';
const large = Buffer.alloc(1024 * 1024 + 1, 'x');

/** Seqs 1 to 3: written twice, deleted. */
async function writeTwice(world: World): Promise<void> {
  await world.put(at, 'one\ntwo\n');
  await world.put(at, 'one\n2\n');
  await world.ask('DELETE', at);
}

test('versions of a file are listed and answered with their bytes, of a deleted one too', async () => {
  await using world = await openWorld();
  await writeTwice(world);
  expect(await world.get(`${at}/_history`)).toMatchObject({
    status: 200,
    json: {
      items: [
        { seq: 3, op: 'delete', kind: 'deleted', digest: null },
        { seq: 2, op: 'update', kind: 'valid', size: 6, actor: 'local', cause: 'api' },
        { seq: 1, op: 'create', kind: 'valid', size: 8 },
      ],
      next: null,
    },
  });
  const first = await world.get(`${at}/_history/1`);
  expect([first.status, first.text]).toEqual([200, 'one\ntwo\n']);
  expect(first.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': "inline; filename*=UTF-8''read%20me.txt",
    'larder-seq': '1',
  });
  expect((await world.get(`${at}/_history/1`, { range: 'bytes=4-6' })).text).toBe('two');
  expect((await world.get(`${at}/_history/1`, { 'if-none-match': String(first.headers.etag) })).status).toBe(304);
  const then = await world.get(`${at}?_at=2`);
  expect([then.status, then.text, then.headers['larder-at']]).toEqual([200, 'one\n2\n', '2']);
  const gone = await world.get(`${at}?_at=3`);
  expect([gone.status, gone.headers['larder-at']]).toEqual([404, '3']);
  expect(await world.get(`${at}/_history/3`)).toMatchObject({ status: 404, json: { code: 'not_found' } });
  expect(await world.get(`${at}?_at=99`)).toMatchObject({ status: 400, json: { code: 'future_seq' } });
  expect(await world.get('/v1/lod/files/none/_history')).toMatchObject({ status: 404 });
  expect(await world.get(`${at}/_history/1/x`)).toMatchObject({
    status: 404,
    json: { hint: expect.stringMatching(/^Offered are .*_history/) },
  });
  await world.put(at, 'again\n');
  expect(await world.get('/v1/lod/files/notes')).toMatchObject({
    status: 404,
    json: { hint: 'notes is a folder; list it with /v1/lod/files?_prefix=notes/' },
  });
});

test('a deleted file comes back as the bytes of an earlier version', async () => {
  await using world = await openWorld();
  await writeTwice(world);
  const reverted = await world.ask('POST', `${at}/_revert`, { body: { to: 1 } });
  expect([reverted.status, reverted.text, reverted.headers['larder-seq']]).toEqual([201, '', '4']);
  expect((await world.get(at)).text).toBe('one\ntwo\n');
  const back = await world.ask('POST', `${at}/_revert`, { body: { to: 2 } });
  expect([back.status, (await world.get(at)).text]).toEqual([204, 'one\n2\n']);
  const stale = await world.ask('POST', `${at}/_revert`, {
    body: { to: 1 },
    headers: { 'if-match': String(reverted.headers.etag) },
  });
  expect(stale).toMatchObject({ status: 412, json: { code: 'precondition_failed' } });
  expect(await world.ask('POST', `${at}/_revert`, { body: { to: 3 } })).toMatchObject({ status: 409 });
  expect(await world.ask('POST', `${at}/_revert`, { body: { to: 'x' } })).toMatchObject({ status: 400 });
});

test('a file is compared as text, and what is no text by size and digest', async () => {
  await using world = await openWorld();
  await writeTwice(world);
  const text = await world.get(`${at}/_diff?_from=1&_to=2`);
  expect(text.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'larder-from': '1',
    'larder-to': '2',
  });
  expect(text.text).toMatch(/^--- lod\/files\/notes\/read me\.txt\tseq 1, .*\n\+\+\+ .*\n@@.*\n one\n-two\n\+2\n$/);
  expect((await world.get(`${at}/_diff`)).text).toContain('+++ /dev/null');
  await world.put('/v1/lod/files/a.bin', Buffer.from([0, 1]));
  const [before] = (await world.get('/v1/lod/files/a.bin')).headers.etag?.match(/\w+/) ?? [];
  await world.put('/v1/lod/files/a.bin', Buffer.from([0xff, 0xfe, 1]));
  const [after] = (await world.get('/v1/lod/files/a.bin')).headers.etag?.match(/\w+/) ?? [];
  expect((await world.get('/v1/lod/files/a.bin/_diff')).text.split('\n').slice(2)).toEqual([
    'no text:',
    `-2 bytes, digest ${before}`,
    `+3 bytes, digest ${after}`,
    '',
  ]);
  const patch = { accept: 'application/json-patch+json' };
  expect(await world.get('/v1/lod/files/a.bin/_diff', patch)).toMatchObject({ status: 406 });
  await world.put('/v1/lod/files/a.json', '{"v":1}');
  await world.put('/v1/lod/files/a.json', '{"v":2}');
  expect((await world.get('/v1/lod/files/a.json/_diff', patch)).json).toEqual([
    { op: 'replace', path: '/v', value: 2 },
  ]);
});

test('a version that is longer than the history keeps is 410, but for the one that the file still holds', async () => {
  await using world = await openWorld();
  const path = '/v1/lod/files/large.bin';
  await world.put(path, large);
  await world.put(path, Buffer.alloc(large.length, 'y'));
  const [digest] = (await world.get(path)).headers.etag?.match(/\w+/) ?? [];
  expect((await world.get(`${path}/_diff`)).text.split('\n').slice(2)).toEqual([
    'not kept:',
    expect.stringMatching(/^-\d{7} bytes, digest \w{64}$/),
    `+${large.length} bytes, digest ${digest}`,
    '',
  ]);
  for (const gone of [`${path}?_at=1`, `${path}/_history/1`])
    expect(await world.get(gone), gone).toMatchObject({ status: 410, json: { code: 'gone', seq: 1 } });
  expect(await world.ask('POST', `${path}/_revert`, { body: { to: 1 } })).toMatchObject({
    status: 410,
    json: { code: 'gone' },
  });
  for (const held of [`${path}?_at=2`, `${path}/_history/2`]) {
    const now = await world.get(held);
    expect([now.status, now.bytes.length, now.bytes[0], now.headers['larder-seq']]).toEqual([
      200,
      large.length,
      'y'.charCodeAt(0),
      '2',
    ]);
  }
  expect((await world.get(`${path}/_history`)).json).toMatchObject({
    items: [
      { seq: 2, gone: 'too_large' },
      { seq: 1, gone: 'too_large' },
    ],
  });
  // Another file lies there by now: its bytes are no version of before.
  rmSync(join(world.root, 'lod/files/large.bin'));
  world.save('lod/files/large.bin', 'short');
  expect(await world.get(`${path}/_history/2`)).toMatchObject({ status: 410, json: { code: 'gone', seq: 2 } });
});

test('files are listed as they are, as they were, and as they went', async () => {
  await using world = await openWorld();
  await writeTwice(world);
  await world.put('/v1/lod/files/b', 'b');
  await world.put('/v1/lod/files/large.bin', large);
  await world.put('/v1/lod/files/large.bin', 'small now');
  const now = await world.get('/v1/lod/files');
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(now.json).toEqual({
    items: [
      { _id: 'b', size: 1, digest },
      { _id: 'large.bin', size: 9, digest },
    ],
    next: null,
  });
  const page = await world.get('/v1/lod/files?_limit=1&_meta=1');
  expect(page.json).toMatchObject({ items: [{ _id: 'b', _meta: { seq: 4, path: 'lod/files/b', actor: 'local' } }] });
  expect((await world.get('/v1/lod/files?_prefix=la')).json).toMatchObject({ items: [{ _id: 'large.bin' }] });
  expect((await world.get('/v1/lod/files?_deleted=1')).json).toMatchObject({
    items: [{ _id: 'notes/read me.txt', seq: 3, actor: 'local' }],
  });
  const then = await world.get('/v1/lod/files?_at=2');
  expect([then.headers['larder-at'], then.json]).toEqual([
    '2',
    { items: [{ _id: 'notes/read me.txt', size: 6, digest }], next: null },
  ]);
  // Bytes that are not kept are none of a list's.
  expect((await world.get('/v1/lod/files?_at=5')).json).toMatchObject({
    items: [{ _id: 'b' }, { _id: 'large.bin', size: large.length }],
  });
});

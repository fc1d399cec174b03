import { expect, test } from 'vitest';
import { testScenarios } from './scenarios.ts';
import { openWorld } from './world.ts';

const files = {
  'lod/files/notes/read me.txt': '0123456789',
  'lod/files/page.html': '<script>alert(1)</script>',
  'lod/files/p.png': 'png',
};
const at = '/v1/lod/files/notes/read%20me.txt';

testScenarios([
  {
    name: 'a file is answered with its bytes and media type',
    files,
    ask: `GET ${at}`,
    status: 200,
    text: '0123456789',
    answers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'accept-ranges': 'bytes',
      etag: /^"[0-9a-f]{64}"$/,
      'content-disposition': "inline; filename*=UTF-8''read%20me.txt",
      'x-content-type-options': 'nosniff',
    },
  },
  {
    name: 'HEAD of a file answers its size and no body',
    files,
    ask: `HEAD ${at}`,
    status: 200,
    text: '',
    answers: { 'content-length': '10' },
  },
  {
    name: 'a page is offered for download and may run nothing',
    files,
    ask: 'GET /v1/lod/files/page.html',
    status: 200,
    answers: { 'content-disposition': /^attachment/, 'content-security-policy': /^sandbox; default-src 'none'/ },
  },
  {
    name: 'a picture is shown',
    files,
    ask: 'GET /v1/lod/files/p.png',
    status: 200,
    answers: { 'content-type': 'image/png', 'content-disposition': /^inline/ },
  },
  {
    name: 'a range is answered alone',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=2-4' },
    status: 206,
    text: '234',
    answers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
  },
  {
    name: 'a range may count from the end',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=-3' },
    status: 206,
    text: '789',
  },
  { name: 'a range may be open', files, ask: `GET ${at}`, headers: { range: 'bytes=7-' }, status: 206, text: '789' },
  {
    name: 'a range beyond the end is refused with the size',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=10-' },
    status: 416,
    answers: { 'content-range': 'bytes */10' },
  },
  {
    name: 'a list of ranges is answered with the whole',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=0-1,3-4' },
    status: 200,
    text: '0123456789',
  },
  {
    name: 'If-Range with another version is answered with the whole',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=0-1', 'if-range': '"other"' },
    status: 200,
  },
  {
    name: 'If-Range with this version is answered with the range',
    files,
    ask: `GET ${at}`,
    headers: { range: 'bytes=0-1' },
    headersOf: async (world) => ({ 'if-range': String((await world.get(at)).headers.etag) }),
    status: 206,
    text: '01',
  },
  {
    name: 'a client that has the file is answered 304',
    files,
    ask: `GET ${at}`,
    headersOf: async (world) => ({ 'if-none-match': String((await world.get(at)).headers.etag) }),
    status: 304,
  },
  {
    name: 'a file that is not there is 404',
    files,
    ask: 'GET /v1/lod/files/none',
    status: 404,
    json: { code: 'not_found' },
  },
  {
    name: 'PATCH of a file answers 405 with Allow',
    files,
    ask: `PATCH ${at}`,
    body: '{}',
    status: 405,
    answers: { allow: 'GET, HEAD, PUT, DELETE' },
  },
  {
    name: 'the name rules hold below files',
    files,
    ask: 'PUT /v1/lod/files/.hidden',
    body: 'x',
    status: 400,
    json: { code: 'bad_name' },
  },
]);

test('a file is written, read back, and deleted', async () => {
  await using world = await openWorld();
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  const written = await world.put('/v1/lod/files/raw.bin', bytes, { 'content-type': 'application/octet-stream' });
  expect([written.status, written.text]).toEqual([201, '']);
  const read = await world.get('/v1/lod/files/raw.bin');
  expect(read.bytes).toEqual(bytes);
  expect(read.headers.etag).toBe(written.headers.etag);
  expect((await world.put('/v1/lod/files/raw.bin', 'again')).status).toBe(204);
  expect((await world.ask('DELETE', '/v1/lod/files/raw.bin')).status).toBe(204);
  expect((await world.get('/v1/lod/files/raw.bin')).status).toBe(404);
});

test('a file above 1 MiB comes whole, piece by piece, and in large ranges', async () => {
  const bytes = Buffer.alloc(3 * 1024 * 1024, 'abcdefg');
  await using world = await openWorld({ files: { 'lod/files/large.bin': bytes } });
  const whole = await world.get('/v1/lod/files/large.bin');
  expect(whole.bytes.equals(bytes)).toBe(true);
  const range = await world.get('/v1/lod/files/large.bin', { range: 'bytes=5-2000000' });
  expect(range.bytes.equals(bytes.subarray(5, 2_000_001))).toBe(true);
});

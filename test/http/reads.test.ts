import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { testScenarios } from './scenarios.ts';
import { openWorld } from './world.ts';

const odd = '{\n\t"name":  "Ada",\n  "rate": 1.0, "big": 12345678901234567890 }';
const files = {
  'lod/customers/odd.json': odd,
  'lod/customers/eu/a.json': { in: 'a folder' },
  'lod/chunks/c.jsonl': '{"n":1}\n{"n":2}\n',
};
const etag = `"${digestOf(Buffer.from(odd))}"`;
const at = '/v1/lod/customers/odd';

testScenarios([
  {
    name: 'a document is answered with the bytes of its file and what is known of them in headers',
    files,
    ask: `GET ${at}`,
    status: 200,
    text: odd,
    answers: {
      'content-type': 'application/json',
      'content-length': String(odd.length),
      etag,
      'last-modified': / GMT$/,
      'larder-seq': /^\d+$/,
      'larder-problem': null,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'larder-request-id': /^[0-9a-f]{12}-/,
    },
  },
  {
    name: 'HEAD answers the headers of GET and no body',
    files,
    ask: `HEAD ${at}`,
    status: 200,
    text: '',
    answers: { etag, 'content-length': String(odd.length), 'larder-seq': /^\d+$/ },
  },
  {
    name: 'a client that has the version is answered 304',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': etag },
    status: 304,
    text: '',
    answers: { etag },
  },
  {
    name: 'If-None-Match takes a list',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': `"x", ${etag}` },
    status: 304,
  },
  {
    name: 'If-None-Match compares weakly',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': `W/${etag}` },
    status: 304,
  },
  {
    name: 'If-None-Match knows the tag that a compressing proxy made of ours',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': etag.replace(/"$/, '-gzip"') },
    status: 304,
  },
  {
    name: 'If-None-Match: * is met by any version',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': '*' },
    status: 304,
  },
  {
    name: 'If-None-Match with another tag answers the document',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': '"x"' },
    status: 200,
    text: odd,
  },
  {
    name: 'a malformed If-None-Match is refused',
    files,
    ask: `GET ${at}`,
    headers: { 'if-none-match': 'abc' },
    status: 400,
    json: { code: 'bad_request' },
  },
  {
    name: 'If-Modified-Since is not believed: two versions fit into one second',
    files,
    ask: `GET ${at}`,
    headers: { 'if-modified-since': 'Fri, 01 Jan 2038 00:00:00 GMT' },
    status: 200,
  },
  {
    name: 'an id may lie in a folder',
    files,
    ask: 'GET /v1/lod/customers/eu/a',
    status: 200,
    json: { in: 'a folder' },
  },
  {
    name: 'an Accept that JSON does not meet is refused',
    files,
    ask: `GET ${at}`,
    headers: { accept: 'text/html' },
    status: 406,
    json: { code: 'not_acceptable' },
  },
  {
    name: 'an Accept with a wildcard takes JSON',
    files,
    ask: `GET ${at}`,
    headers: { accept: 'text/html, */*;q=0.1' },
    status: 200,
  },
  {
    name: 'an Accept that rules JSON out is refused',
    files,
    ask: `GET ${at}`,
    headers: { accept: 'application/json;q=0, */*' },
    status: 406,
  },
  {
    name: 'a document that is not there is 404',
    files,
    ask: 'GET /v1/lod/customers/none',
    status: 404,
    json: { code: 'not_found' },
  },
  {
    name: 'an id with .json is 404 with the right URL',
    files,
    ask: `GET ${at}.json`,
    status: 404,
    json: { code: 'not_found', hint: expect.stringContaining(at) },
  },
  {
    name: 'a folder is 404 with the way to list it',
    files,
    ask: 'GET /v1/lod/customers/eu',
    status: 404,
    json: { hint: expect.stringContaining('_prefix=eu/') },
  },
  {
    name: 'a stream is lines of JSON',
    files,
    ask: 'GET /v1/lod/chunks/c.jsonl',
    status: 200,
    text: '{"n":1}\n{"n":2}\n',
    answers: { 'content-type': 'application/x-ndjson' },
  },
  {
    name: 'of a stream a client may ask for what it lacks',
    files,
    ask: 'GET /v1/lod/chunks/c.jsonl',
    headers: { range: 'bytes=8-' },
    status: 206,
    text: '{"n":2}\n',
    answers: { 'content-range': 'bytes 8-15/16' },
  },
  {
    name: 'an older version needs a seq that was reached',
    files,
    ask: `GET ${at}?_at=99999`,
    status: 400,
    json: { code: 'future_seq' },
  },
  {
    name: 'a moment that is none is refused',
    files,
    ask: `GET ${at}?_at=yesterday`,
    status: 400,
    json: { code: 'bad_parameter' },
  },
  {
    name: 'an unknown parameter is refused with the nearest known name',
    files,
    ask: `GET ${at}?_att=3`,
    status: 400,
    json: { code: 'unknown_parameter', parameter: '_att', nearest: '_at' },
  },
  {
    name: 'a parameter given twice is refused',
    files,
    ask: `GET ${at}?_at=1&_at=1`,
    status: 400,
    json: { code: 'bad_parameter' },
  },
]);

test('the way past the router answers as the route does', async () => {
  await using world = await openWorld({ files });
  const plain = await world.get(at);
  const routed = await world.get(at, { 'if-none-match': '"another"' });
  const same = (headers: object): object => ({ ...headers, 'larder-request-id': null, date: null });
  expect(same(plain.headers)).toEqual(same(routed.headers));
  expect(plain.bytes).toEqual(routed.bytes);
});

test('a document above 1 MiB comes whole, piece by piece', async () => {
  const text = JSON.stringify({ pad: 'x'.repeat(3 * 1024 * 1024) });
  await using world = await openWorld({ files: { 'lod/large/l.json': text } });
  const answer = await world.get('/v1/lod/large/l');
  expect(answer.headers['content-length']).toBe(String(text.length));
  expect(answer.text === text).toBe(true);
});

test('a version is read by seq, by time, and through the history of a document that is gone', async () => {
  await using world = await openWorld();
  const url = '/v1/lod/customers/v';
  const first = await world.put(url, '{"v": 1}');
  const second = await world.put(url, '{"v": 2}');
  await world.ask('DELETE', url);
  const seqs = [first, second].map(({ headers }) => String(headers['larder-seq']));
  expect((await world.get(`${url}?_at=${seqs[0]}`)).text).toBe(first.text);
  expect((await world.get(`${url}/_history/${seqs[1]}`)).text).toBe(second.text);
  expect((await world.get(`${url}?_at=2038-01-01T00:00:00+02:00`)).status).toBe(404);
  const history = await world.get(`${url}/_history`);
  expect(history.json).toMatchObject({
    items: [
      { op: 'delete', kind: 'deleted', digest: null },
      {
        op: 'update',
        kind: 'valid',
        actor: 'local',
        cause: 'api',
        seq: Number(seqs[1]),
        change_set: second.headers['larder-change-set'],
      },
      { op: 'create', kind: 'valid', seq: Number(seqs[0]) },
    ],
    next: null,
  });
  const page = await world.get(`${url}/_history?_limit=1`);
  const rest = await world.get(`${url}/_history?_cursor=${(page.json as { next: string }).next}`);
  expect((rest.json as { items: unknown[] }).items).toEqual((history.json as { items: unknown[] }).items.slice(1));
});

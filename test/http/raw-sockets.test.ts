import { expect, test } from 'vitest';
import { raw, type Answer } from './client.ts';
import { openWorld, type World } from './world.ts';

const files = { 'lod/customers/a.json': { v: 1 } };
const base = '/v1/lod/customers/';

/** The request line's target as bytes, one for each character. */
const target = (world: World, method: string, path: string, body = ''): Promise<Answer> =>
  raw(
    world.port,
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );

function expectProblem(answer: Answer, statuses = /^4\d\d$/): void {
  expect(String(answer.status), answer.text).toMatch(statuses);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json).toMatchObject({
    status: answer.status,
    code: expect.stringMatching(/^[a-z_]+$/),
    title: expect.any(String),
  });
}

test.each([
  ['an encoded slash', `${base}a%2Fb`],
  ['an encoded slash in the collection', '/v1/lod%2fcustomers/a'],
  ['..', `${base}../../../secret`],
  ['.. as a namespace', '/v1/../lod/customers/a'],
  ['.. before the version', '/../v1/lod/customers/a'],
  ['a lone dot', '/v1/./lod/customers/a'],
  ['encoded dots', `${base}%2e%2e/%2e%2e/secret`],
  ['encoded dots and slash', `${base}..%2f..%2fsecret`],
  ['a NUL', `${base}a%00`],
  ['CR and LF', `${base}a%0d%0aSet-Cookie:x`],
  ['an encoded backslash', `${base}..%5c..%5csecret`],
  ['a backslash', `${base}..\\..\\secret`],
  ['a tab', `${base}a%09b`],
  ['DEL', `${base}a%7f`],
  ['C1', `${base}a%c2%85`],
  ['an overlong dot', `${base}%c0%ae%c0%ae/secret`],
  ['a bad percent', `${base}%zz`],
  ['half a percent', `${base}a%2`],
  ['no UTF-8', `${base}%ff%fe`],
  ['raw bytes that are no UTF-8', `${base}\u00ff\u00fe`],
  ['a lone surrogate', `${base}%ed%a0%80`],
  ['an empty segment', '/v1/lod//a'],
  ['a slash at the end', '/v1/lod/customers/'],
  ['a slash before all', '//v1/lod/customers/a'],
  ['a dot file', `${base}.hidden`],
  ['our own directory', '/v1/.larder/log/x'],
  ['a reserved name', `${base}CON`],
  ['a colon', `${base}a:b`],
  ['a dot at the end', `${base}a.`],
  ['a space at the end', `${base}a%20`],
  ['a star', `${base}*`],
  ['NFD', `${base}cafe%CC%81`],
  ['201 bytes', `${base}${'x'.repeat(201)}`],
  ['an underscore', `${base}_secret`],
  ['a fragment', `${base}a#b`],
])('%s in a path is refused for reading and writing', async (_, path) => {
  await using world = await openWorld({ files });
  const { seq } = world.larder;
  expectProblem(await target(world, 'GET', path));
  expectProblem(await target(world, 'PUT', path, '{}'));
  expect(world.larder.seq).toBe(seq);
});

test('a path is decoded once: a percent sign is an ordinary character', async () => {
  await using world = await openWorld({ files });
  expect((await target(world, 'PUT', `${base}%252e%252e%252fsecret`, '{"fine":1}')).status).toBe(201);
  const { json } = await world.get('/v1/lod/customers');
  expect(json).toMatchObject({ items: [{ _id: '%2e%2e%2fsecret' }, { _id: 'a' }] });
  expect((await target(world, 'GET', '/v1/lod/customers/%255Fchanges')).status).toBe(404);
  expect((await target(world, 'GET', '/v1/lod/customers/%5Fchanges')).json).toMatchObject({ up_to_date: true });
});

test('bytes above 127 in a path must be escaped', async () => {
  await using world = await openWorld({ files: { 'lod/customers/é.json': { v: 1 } } });
  expectProblem(await target(world, 'GET', `${base}Ã©`));
  expect((await target(world, 'GET', `${base}%C3%A9`)).json).toEqual({ v: 1 });
});

const host = 'Host: 127.0.0.1:%\r\n';

test.each([
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc', 400],
  ['an unknown method', `BREW ${base}a HTTP/1.1\r\n${host}\r\n`, 400],
  ['a method in lower case', `get ${base}a HTTP/1.1\r\n${host}\r\n`, 400],
  ['a space in the target', `GET ${base}a b HTTP/1.1\r\n${host}\r\n`, 400],
  ['a NUL in the target', `GET ${base}\u0000 HTTP/1.1\r\n${host}\r\n`, 400],
  ['no slash', `GET v1/lod HTTP/1.1\r\n${host}\r\n`, 400],
  ['a star', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 400],
  ['a header of 100,000 bytes', `GET ${base}a HTTP/1.1\r\n${host}X: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
  ['headers of 17 KiB', `GET ${base}a HTTP/1.1\r\n${host}X: ${'y'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ['a URL of 9 KiB', `GET ${base}${'x'.repeat(9 * 1024)} HTTP/1.1\r\n${host}\r\n`, 414],
  ['a URL of 100,000 bytes', `GET ${base}${'x'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`, 414],
  ['a query of 9 KiB', `GET /v1?_x=${'x'.repeat(9 * 1024)} HTTP/1.1\r\n${host}\r\n`, 414],
  ['two lengths', `PUT ${base}z HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  [
    'length and chunks',
    `PUT ${base}z HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    400,
  ],
  ['a broken chunk', `PUT ${base}z HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['a header without a colon', `GET ${base}a HTTP/1.1\r\n${host}nonsense\r\n\r\n`, 400],
  ['a space before the colon', `GET ${base}a HTTP/1.1\r\n${host}X : y\r\n\r\n`, 400],
  ['CONNECT', `CONNECT 127.0.0.1:% HTTP/1.1\r\n${host}\r\n`, 405],
  ['TRACE', `TRACE ${base}a HTTP/1.1\r\n${host}\r\n`, 405],
  ['OPTIONS', `OPTIONS ${base}a HTTP/1.1\r\n${host}\r\n`, 405],
  ['a web socket', `GET ${base}a HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 400],
  ['another expectation', `GET ${base}a HTTP/1.1\r\n${host}Expect: miracles\r\n\r\n`, 417],
  ['HTTP/2 without a greeting', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
])('%s is told as a problem, and the daemon lives', async (_, bytes, status) => {
  await using world = await openWorld({ files });
  const answer = await raw(world.port, bytes.replaceAll('%', String(world.port)));
  expectProblem(answer, new RegExp(`^${status}$`));
  expect((await world.get(`${base}a`)).json).toEqual({ v: 1 });
});

test('an offer of HTTP/2 is passed over', async () => {
  await using world = await openWorld({ files });
  const answer = await raw(
    world.port,
    `GET ${base}a HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`,
  );
  expect(answer).toMatchObject({ status: 200, json: { v: 1 } });
});

test.each([
  '_cursor=%ff',
  '%zz=1',
  '_limit=1&_limit=2',
  '_at=%0d%0a',
  'a[]=1',
  '__proto__=1',
  'constructor.prototype.x=1',
  '=',
  '&',
  '_limit',
  '_limit=%00',
])('the query %s is refused', async (query) => {
  await using world = await openWorld({ files });
  expectProblem(await target(world, 'GET', `/v1/lod/customers?${query}`), /^400$/);
});

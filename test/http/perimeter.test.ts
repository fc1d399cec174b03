import { expect, test } from 'vitest';
import { judgeHost } from '../../src/http/request/perimeter.ts';
import { raw, type Answer } from './client.ts';
import { openWorld, type World } from './world.ts';

const files = { 'lod/customers/a.json': { v: 1 } };
const at = '/v1/lod/customers/a';

/** A request with exactly these lines behind the request line. `%` stands for the port. */
const send = (world: World, lines: readonly string[], requestLine = `GET ${at} HTTP/1.1`): Promise<Answer> =>
  raw(
    world.port,
    `${[requestLine, ...lines, 'Connection: close'].join('\r\n').replaceAll('%', String(world.port))}\r\n\r\n`,
  );

test.each([
  ['no Host', [], 400],
  ['two Hosts', ['Host: 127.0.0.1:%', 'Host: 127.0.0.1:%'], 400],
  ['an empty Host', ['Host:'], 421],
  ['another host', ['Host: evil.example'], 421],
  ['another host with our port', ['Host: evil.example:%'], 421],
  ['a host that begins like ours', ['Host: 127.0.0.1.evil.example:%'], 421],
  ['a host that ends like ours', ['Host: evil-localhost:%'], 421],
  ['our host without the port', ['Host: 127.0.0.1'], 421],
  ['our host with another port', ['Host: 127.0.0.1:1'], 421],
  ['a user before our host', ['Host: evil@127.0.0.1:%'], 421],
  ['another address of the machine', ['Host: 10.0.0.1:%'], 421],
  ['the address with the port', ['Host: 127.0.0.1:%'], 200],
  ['localhost in any case', ['Host: LocalHost:%'], 200],
  ['the IPv6 loopback name', ['Host: [::1]:%'], 200],
  ['Origin of another site', ['Host: 127.0.0.1:%', 'Origin: https://evil.example'], 403],
  ['Origin null', ['Host: 127.0.0.1:%', 'Origin: null'], 403],
  ['Origin of another port', ['Host: 127.0.0.1:%', 'Origin: http://127.0.0.1:1'], 403],
  ['Origin of another scheme', ['Host: 127.0.0.1:%', 'Origin: https://127.0.0.1:%'], 403],
  ['Origin of ourselves', ['Host: 127.0.0.1:%', 'Origin: http://127.0.0.1:%'], 200],
  ['a request of another site', ['Host: 127.0.0.1:%', 'Sec-Fetch-Site: cross-site'], 403],
  ['a request of this site', ['Host: 127.0.0.1:%', 'Sec-Fetch-Site: same-origin'], 200],
  ['X-Forwarded-For', ['Host: 127.0.0.1:%', 'X-Forwarded-For: 1.2.3.4'], 401],
  ['an empty X-Forwarded-Host', ['Host: 127.0.0.1:%', 'X-Forwarded-Host:'], 401],
  ['any X-Forwarded-*', ['Host: 127.0.0.1:%', 'x-FORWARDED-anything: 1'], 401],
  ['Forwarded', ['Host: 127.0.0.1:%', 'Forwarded: for=1.2.3.4'], 401],
  ['Via', ['Host: 127.0.0.1:%', 'Via: 1.1 proxy'], 401],
  ['X-Real-IP', ['Host: 127.0.0.1:%', 'X-Real-IP: 1.2.3.4'], 401],
])('a request with %s is answered as it deserves', async (_, lines, status) => {
  await using world = await openWorld({ files });
  const answer = await send(world, lines);
  expect(answer.status, answer.text).toBe(status);
  if (status !== 200) expect(answer.json).toMatchObject({ status, request_id: answer.headers['larder-request-id'] });
  const write = await send(world, [...lines, 'Content-Length: 0'], 'DELETE /v1/lod/customers/a HTTP/1.1');
  expect(write.status).toBe(status === 200 ? 204 : status);
});

test('a configured host is answered, but needs a key', async () => {
  await using world = await openWorld({ files, config: { hosts: ['data.example.org'] } });
  for (const host of ['data.example.org', 'DATA.example.org:%']) {
    expect(await send(world, [`Host: ${host}`])).toMatchObject({
      status: 401,
      json: { code: 'unauthorized' },
      headers: { 'www-authenticate': 'Bearer' },
    });
    expect((await send(world, [`Host: ${host}`], 'GET /livez HTTP/1.1')).status).toBe(200);
  }
});

test('readiness without a key has no reasons', async () => {
  await using world = await openWorld();
  expect((await world.get('/readyz', { via: 'x' })).json).toEqual({ status: 'ready' });
  expect((await world.get('/readyz')).json).toMatchObject({
    status: 'ready',
    reasons: expect.any(Array),
    scan: expect.any(Object),
  });
});

test.each([
  ['our own name', 'http://127.0.0.1:%', 200],
  ['another name', 'http://evil.example', 421],
  ['no name', 'http://', 421],
  ['another scheme', 'ftp://127.0.0.1:%', 400],
])('a target in absolute form with %s counts instead of Host', async (_, authority, status) => {
  await using world = await openWorld({ files });
  expect((await send(world, ['Host: 127.0.0.1:%'], `GET ${authority}${at} HTTP/1.1`)).status).toBe(status);
});

test.each([
  ['localhost:80', 80, 'loopback'],
  ['localhost', 80, 'loopback'],
  ['127.1.2.3:4747', 4747, 'loopback'],
  ['localhost', 4747, 'unknown'],
  ['[::1]', 80, 'loopback'],
  ['a.example', 4747, 'configured'],
  ['a.example:4747', 4747, 'configured'],
  ['a.example:1', 4747, 'unknown'],
  ['', 80, 'unknown'],
  ['127.0.0.1:80:80', 80, 'unknown'],
])('the host %s on port %i is %s', (host, port, expected) => {
  expect(judgeHost(host, port, ['A.example'])).toBe(expected);
});

test('the log has a line for a write and for a refusal, with the request id and without query, body or headers', async () => {
  await using world = await openWorld({ files });
  const written = await world.put(at, { secret: 'BODY-CANARY' }, { authorization: 'Bearer KEY-CANARY' });
  const refused = await world.get(`${at}?_nope=QUERY-CANARY`);
  await expect.poll(() => world.logged.filter(({ msg }) => msg === 'request').length).toBe(2);
  const byId = new Map(world.logged.map((line) => [line['request_id'], line]));
  expect(byId.get(written.headers['larder-request-id'])).toMatchObject({
    level: 30,
    method: 'PUT',
    route: '/v1/{ns}/{collection}/{id}',
    path: at,
    status: 200,
  });
  expect(byId.get(refused.headers['larder-request-id'])).toMatchObject({ level: 30, method: 'GET', status: 400 });
  expect(JSON.stringify(world.logged)).not.toMatch(/CANARY/);
});

test('a fault of our own is a 500 with a request id, its cause in the log alone', async () => {
  await using world = await openWorld({
    wrap: (larder) =>
      new Proxy(larder, {
        get(target, name) {
          if (name === 'read') return () => Promise.reject(new Error('CAUSE-CANARY'));
          if (name === 'problems') throw new Error('CAUSE-CANARY');
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
  });
  for (const path of [at, '/v1/_problems']) {
    const answer = await world.get(path);
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal' } });
    expect(answer.text).not.toContain('CANARY');
    const line = world.logged.find(
      ({ request_id, msg }) => msg === 'request failed' && request_id === answer.headers['larder-request-id'],
    );
    expect(JSON.stringify(line)).toContain('CAUSE-CANARY');
  }
});

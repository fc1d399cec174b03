import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { testScenarios } from './scenarios.ts';
import { openWorld } from './world.ts';

const files = {
  'lod/customers/a.json': { v: 1 },
  'lod/customers/_schema.json': { type: 'object', properties: { v: { type: 'integer' } } },
};

testScenarios([
  { name: 'liveness is answered', ask: 'GET /livez', status: 200, json: { status: 'live' } },
  {
    name: 'readiness is answered with the progress of the scan',
    ask: 'GET /readyz',
    status: 200,
    json: { status: 'ready', scan: { looked: 0, total: 0, ignored: 0 } },
  },
  {
    name: 'the front page tells a program where to go',
    ask: 'GET /',
    status: 200,
    json: { name: 'larder', data: '/v1', reference: '/docs' },
  },
  {
    name: 'the front page tells a browser where to go',
    ask: 'GET /',
    headers: { accept: 'text/html,*/*;q=0.8' },
    status: 200,
    text: /<a href="\/docs">/,
    answers: { 'content-security-policy': /default-src 'none'/ },
  },
  {
    name: 'a path that nobody knows is 404 with where to look',
    ask: 'GET /nowhere',
    status: 404,
    json: { code: 'not_found', hint: expect.stringContaining('/docs') },
  },
  {
    name: 'a name with _ that nobody knows is 404 with what there is',
    ask: 'GET /v1/_problem',
    status: 404,
    json: { hint: expect.stringContaining('_problems') },
  },
  { name: 'a write to the service is 405', ask: 'DELETE /livez', status: 405, answers: { allow: 'GET, HEAD' } },
  { name: 'HEAD of the metrics has no body', ask: 'HEAD /metrics', status: 200, text: '' },
]);

test('metrics are in the text format of Prometheus, by route and without ids', async () => {
  await using world = await openWorld({ files });
  await world.get('/v1/lod/customers/a');
  const { text, headers } = await world.get('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain/);
  expect(text).toContain(
    'larder_http_request_duration_seconds_count{method="GET",route="/v1/{ns}/{collection}/{id}",status="200"} 1',
  );
  expect(text).toMatch(/^larder_documents 1$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.filter((line) => !/^[a-zA-Z_:][\w:]*(\{.*\})? [-+\d.eEINFNan]+$/.test(line))).toEqual([]);
});

/** A Larder whose first scan goes on until it is told to end. */
function scanning(): { readonly wrap: (larder: Larder) => Larder; readonly end: () => void } {
  const scan = Promise.withResolvers<void>();
  const readiness = { ready: false, reasons: ['scanning'], scan: { looked: 3, total: 7 } };
  const wrap = (larder: Larder): Larder =>
    new Proxy(larder, {
      get: (target, name) => {
        if (name === 'ready') return scan.promise;
        if (name === 'readiness') return () => readiness;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return { wrap, end: () => scan.resolve() };
}

test('during the first scan documents are answered, and lists say that they would be partial', async () => {
  const { wrap, end } = scanning();
  await using world = await openWorld({ files, wrap });
  expect(await world.get('/readyz')).toMatchObject({
    status: 503,
    json: { status: 'not ready', reasons: ['scanning'], scan: { looked: 3, total: 7 } },
  });
  expect((await world.get('/livez')).status).toBe(200);
  expect((await world.get('/v1/lod/customers/a')).json).toEqual({ v: 1 });
  for (const path of ['/v1', '/v1/lod', '/v1/lod/customers', '/v1/_problems']) {
    expect(await world.get(path), path).toMatchObject({
      status: 503,
      json: { code: 'starting' },
      headers: { 'retry-after': '1' },
    });
  }
  end();
  await expect.poll(async () => (await world.get('/v1/lod/customers')).status).toBe(200);
});

test('a daemon that stops says so and takes no new work', async () => {
  await using world = await openWorld();
  const closing = world.listening.close(1000);
  await expect(world.get('/v1')).rejects.toThrow(/ECONN|socket|hang up/);
  await closing;
});

test('the OpenAPI description has the fixed routes, unique operation ids, and no dangling reference', async () => {
  await using world = await openWorld({ files });
  const document = (await world.get('/openapi.json')).json as {
    openapi: string;
    paths: Record<string, Record<string, { operationId?: string }>>;
  };
  expect(document.openapi).toMatch(/^3\.1\./);
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(dangling(document)).toEqual([]);
});

/** References that lead nowhere, or out of the document. */
function dangling(document: object): string[] {
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string') references.push(value);
    return value;
  });
  return references.filter(
    (reference) => !reference.startsWith('#/') || valueAt(document, reference.slice(2).split('/')) === undefined,
  );
}

const valueAt = (document: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      (value as Record<string, unknown> | undefined)?.[
        decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
      ],
    document,
  );

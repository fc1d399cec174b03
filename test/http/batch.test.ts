import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventsAfter, testScenarios } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const files = {
  'lod/d/a.json': { v: 1, w: 1 },
  'lod/d/gone.json': { v: 1 },
  'bc/e/p.json': { price: 1 },
};
const ask = 'POST /v1/_batch';
const put = (path: string, body: unknown, headers = {}): object => ({ method: 'PUT', path, body, headers });
const patch = {
  method: 'PATCH',
  path: '/v1/bc/e/p',
  headers: { 'Content-Type': 'application/json-patch+json' },
};
const mixed = [
  put('/v1/lod/d/new', { n: 1 }),
  { method: 'PATCH', path: '/v1/lod/d/a', body: { w: null } },
  { ...patch, body: [{ op: 'replace', path: '/price', value: 2 }] },
  { method: 'DELETE', path: '/v1/lod/d/gone' },
  { method: 'POST', path: '/v1/bc/f', body: { _id: 'x', v: 1 } },
];
const events = ['create lod/d/new', 'update lod/d/a', 'update bc/e/p', 'delete lod/d/gone', 'create bc/f/x'];

testScenarios([
  {
    name: 'a batch of mixed requests is one change set',
    files,
    ask,
    body: { requests: mixed },
    status: 200,
    json: {
      items: [
        { collection: 'lod/d', id: 'new', status: 201, seq: 4 },
        { collection: 'lod/d', id: 'a', status: 200, seq: 5 },
        { collection: 'bc/e', id: 'p', status: 200, seq: 6 },
        { collection: 'lod/d', id: 'gone', status: 204, seq: 7 },
        { collection: 'bc/f', id: 'x', status: 201, seq: 8 },
      ],
      seq: [4, 8],
      change_set: expect.stringMatching(/./),
    },
    answers: { 'larder-change-set': /./, 'larder-seq': '8' },
    events,
  },
  {
    name: 'a batch may be tried without writing',
    files,
    ask,
    headers: { prefer: 'tx=rollback' },
    body: { requests: mixed },
    status: 200,
    json: { seq: null, change_set: null },
    answers: { 'preference-applied': 'tx=rollback', 'larder-change-set': null },
  },
  {
    name: 'an empty batch does nothing',
    files,
    ask,
    body: { requests: [] },
    status: 200,
    json: { items: [], change_set: null },
  },
  {
    name: 'a batch that is no JSON is refused with the place',
    files,
    ask,
    body: '{"requests": [',
    status: 400,
    json: { code: 'bad_json', errors: [{ line: 1 }] },
  },
  {
    name: 'a document of a batch keeps the spelling of its numbers',
    files,
    ask,
    body: '{"requests":[{"method":"PUT","path":"/v1/lod/ü/é","body":{"one": 1.0, "big": 12345678901234567890}}]}',
    status: 200,
    json: { items: [{ collection: 'lod/ü', id: 'é', status: 201 }] },
    events: ['create lod/ü/é'],
  },
]);

/** At index 1, behind a good write. */
const refusals: readonly (readonly [name: string, request: unknown, status: number, code: string, detail?: string])[] =
  [
    ['a stale If-Match', put('/v1/bc/e/p', { price: 3 }, { 'If-Match': '"stale"' }), 412, 'precondition_failed'],
    ['a deletion of nothing', { method: 'DELETE', path: '/v1/lod/d/none' }, 404, 'not_found'],
    ['If-None-Match over what is there', put('/v1/bc/e/p', {}, { 'if-none-match': '*' }), 412, 'precondition_failed'],
    ['a document twice', put('/v1/lod/d/a', { v: 3 }), 409, 'conflict'],
    ['a broken patch', { ...patch, body: [{ op: 'fly' }] }, 400, 'bad_patch'],
    ['a name that is not allowed', put('/v1/lod/d/a%3Ab', {}), 400, 'bad_name'],
    ['a path that leaves the root', put('/v1/lod/../x', {}), 400, 'bad_path'],
    ['a path elsewhere', put('/v2/lod/d/x', {}), 400, 'bad_path'],
    ['parameters', put('/v1/lod/d/x?_at=1', {}), 400, 'bad_path'],
    ['an operation', { method: 'POST', path: '/v1/lod/d/_bulk', body: {} }, 404, 'not_found'],
    ['a file', put('/v1/lod/files/x', {}), 404, 'not_found'],
    ['a GET', { method: 'GET', path: '/v1/lod/d/a' }, 405, 'method_not_allowed'],
    ['a POST to a document', { method: 'POST', path: '/v1/lod/d/x', body: {} }, 405, 'method_not_allowed'],
    ['a POST without an object', { method: 'POST', path: '/v1/lod/d', body: 7 }, 400, 'bad_json'],
    ['no body', { method: 'PUT', path: '/v1/lod/d/x' }, 400, 'bad_request'],
    ['a body for DELETE', { method: 'DELETE', path: '/v1/lod/d/gone', body: {} }, 400, 'bad_request'],
    ['no path', { method: 'PUT', body: {} }, 400, 'bad_request'],
    ['an unknown member', { ...put('/v1/lod/d/x', {}), bdy: 1 }, 400, 'bad_request', 'did you mean body?'],
    ['an unknown header', put('/v1/lod/d/x', {}, { 'If-Macth': '"x"' }), 400, 'bad_request', 'did you mean if-match?'],
    ['another type', put('/v1/lod/d/x', {}, { 'content-type': 'text/plain' }), 415, 'unsupported_media_type'],
    ['a rollback of its own', put('/v1/lod/d/x', {}, { prefer: 'tx=rollback' }), 400, 'bad_parameter'],
    ['what is no object', [1], 400, 'bad_json'],
  ];

test('one refused request refuses all, and is named', async () => {
  await using world = await openWorld({ files });
  const { seq } = world.larder;
  for (const [name, request, status, code, detail = ''] of refusals) {
    const body = { requests: [put('/v1/lod/d/a', { v: 2 }), request] };
    const problem = { code, i: 1, detail: expect.stringContaining(detail) };
    expect(await world.ask('POST', '/v1/_batch', { body }), name).toMatchObject({ status, json: problem });
  }
  for (const [body, headers] of [
    [{ requests: [] }, { 'if-match': '"x"' }],
    [{ request: [] }, {}],
    [{}, {}],
    [{ requests: {} }, {}],
  ] as const)
    expect(await world.ask('POST', '/v1/_batch', { body, headers })).toMatchObject({
      status: 400,
      json: { code: 'bad_request' },
    });
  expect(eventsAfter(world, seq)).toEqual([]);
});

const bodies = async (world: World, ids: readonly string[]): Promise<number[]> => {
  const answers: number[] = [];
  for (const id of ids) answers.push(((await world.get(`/v1/lod/d/${id}`)).json as { v: number }).v);
  return answers;
};

test('nobody who reads while a change set is put in place sees half of it', async () => {
  const ids = Array.from({ length: 300 }, (_, i) => `d${i}`);
  await using world = await openWorld({ files: Object.fromEntries(ids.map((id) => [`lod/d/${id}.json`, { v: 0 }])) });
  const rounds = 5;
  const writing = new AbortController();
  const writer = async (): Promise<void> => {
    for (let v = 1; v <= rounds; v++) {
      const body = { requests: ids.map((id) => put(`/v1/lod/d/${id}`, { v })) };
      expect((await world.ask('POST', '/v1/_batch', { body })).status).toBe(200);
    }
    writing.abort();
  };
  const seen: number[][] = [];
  const reader = async (ids: readonly string[]): Promise<void> => {
    while (!writing.signal.aborted) seen.push(await bodies(world, ids));
  };
  const lists: number[][] = [];
  const lister = async (): Promise<void> => {
    while (!writing.signal.aborted)
      lists.push(
        ((await world.get('/v1/lod/d?_limit=1000')).json as { items: { v: number }[] }).items.map(({ v }) => v),
      );
  };
  await Promise.all([
    writer(),
    reader(['d0', 'd150', 'd299']),
    reader(['d299', 'd0']),
    reader(['d9', 'd10']),
    lister(),
  ]);
  // What is read later is never older, in whatever order the documents are put in place.
  for (const values of seen) expect(values, 'reads one after another').toEqual(values.toSorted((a, b) => a - b));
  for (const values of lists) expect(new Set(values).size, 'one list').toBe(1);
  expect(seen.length).toBeGreaterThan(rounds);
  expect(new Set(seen.map(([first]) => first)).size).toBeGreaterThan(1);
});

test('a refused batch leaves no file, no directory and no event', async () => {
  await using world = await openWorld({
    files: { ...files, 'bc/e/_schema.json': { properties: { price: { type: 'number' } } } },
  });
  const { seq } = world.larder;
  const requests = [
    ...Array.from({ length: 50 }, (_, i) => put(`/v1/n/x/d${i}`, { i })),
    put('/v1/bc/e/p', { price: '' }),
  ];
  expect(await world.ask('POST', '/v1/_batch', { body: { requests } })).toMatchObject({ status: 422, json: { i: 50 } });
  expect(eventsAfter(world, seq)).toEqual([]);
  expect(existsSync(join(world.root, 'n'))).toBe(false);
});

test('a batch of more than 10,000 changes is refused with the limit', async () => {
  await using world = await openWorld();
  const requests = Array.from({ length: 10_001 }, (_, i) => put(`/v1/n/x/d${i}`, {}));
  const answer = await world.ask('POST', '/v1/_batch', { body: { requests } });
  expect(answer).toMatchObject({ status: 413, json: { code: 'too_large', detail: expect.stringContaining('10000') } });
  expect(world.larder.seq).toBe(0);
});

test('an atomic bulk is one change set, makes ids, and refuses all for one line', async () => {
  await using world = await openWorld({ files });
  const lines = [
    '{"op":"create","doc":{"v":1}}',
    '{"op":"patch","id":"a","doc":{"v":9}}',
    '{"op":"delete","id":"gone"}',
  ];
  const bulk = (rows: readonly string[]) =>
    world.ask('POST', '/v1/lod/d/_bulk?_atomic=1', {
      body: rows.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
  const { seq } = world.larder;
  const answer = await bulk([...lines, '{"op":"delete","id":"none"}']);
  expect(answer).toMatchObject({ status: 404, json: { code: 'not_found', i: 3 } });
  expect(eventsAfter(world, seq)).toEqual([]);
  const rows = (await bulk(lines)).text.trim().split('\n');
  expect(rows.map((row) => (JSON.parse(row) as { status?: number }).status)).toEqual([201, 200, 204, undefined]);
  const { items } = (await world.get('/v1/lod/d/_history?_limit=3')).json as { items: { change_set: string }[] };
  expect(new Set(items.map(({ change_set }) => change_set)).size).toBe(1);
});

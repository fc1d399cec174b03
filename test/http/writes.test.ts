import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testScenarios } from './scenarios.ts';
import { openWorld } from './world.ts';

const files = {
  'lod/customers/a.json': { v: 1, gone: true },
  'lod/priced/_schema.json': { type: 'object', properties: { price: { type: 'number', minimum: 0 } } },
  'lod/priced/p.json': { price: 1 },
};
const at = '/v1/lod/customers/a';
const json = { 'content-type': 'application/json' };
const merge = { 'content-type': 'application/merge-patch+json' };
const patch = { 'content-type': 'application/json-patch+json' };
const uuid7 = /^\/v1\/lod\/customers\/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A write tells its version, its seq and its change set. */
const told = { etag: /^"[0-9a-f]{64}"$/, 'larder-seq': /^\d+$/, 'larder-change-set': /./ };

testScenarios([
  {
    name: 'POST makes a document under a new id and answers where',
    files,
    ask: 'POST /v1/lod/customers',
    body: { name: 'Grace' },
    status: 201,
    json: { name: 'Grace' },
    answers: { ...told, location: uuid7 },
    events: [expect.stringMatching(/^create lod\/customers\//)],
  },
  {
    name: 'POST takes _id out of the body',
    files,
    ask: 'POST /v1/lod/customers',
    body: { _id: 'own', n: 1 },
    status: 201,
    answers: { location: '/v1/lod/customers/own' },
    events: ['create lod/customers/own'],
  },
  {
    name: 'POST of an id that is taken is refused',
    files,
    ask: 'POST /v1/lod/customers',
    body: { _id: 'a' },
    status: 409,
    json: { code: 'exists' },
  },
  {
    name: 'PUT of a new document answers 201 and where',
    files,
    ask: 'PUT /v1/lod/customers/eu/b%20c',
    body: { n: 1 },
    status: 201,
    answers: { ...told, location: '/v1/lod/customers/eu/b%20c' },
    events: ['create lod/customers/eu/b c'],
  },
  {
    name: 'PUT over a document answers it',
    files,
    ask: `PUT ${at}`,
    body: { v: 2 },
    status: 200,
    json: { v: 2 },
    answers: { ...told, location: null },
    events: ['update lod/customers/a'],
  },
  {
    name: 'a PUT that changes nothing makes no event',
    files,
    ask: `PUT ${at}`,
    body: { v: 1, gone: true },
    status: 200,
  },
  {
    name: 'a body without a media type is read as JSON',
    files,
    ask: `PUT ${at}`,
    body: '{"v":3}',
    status: 200,
    events: ['update lod/customers/a'],
  },
  {
    name: 'Prefer: return=minimal answers no body',
    files,
    ask: `PUT ${at}`,
    body: { v: 4 },
    headers: { prefer: 'return=minimal' },
    status: 204,
    text: '',
    answers: { ...told, 'preference-applied': 'return=minimal' },
    events: ['update lod/customers/a'],
  },
  {
    name: 'plain JSON is a merge patch',
    files,
    ask: `PATCH ${at}`,
    body: '{"gone":null,"w":2}',
    headers: json,
    status: 200,
    text: /"w": 2/,
    events: ['update lod/customers/a'],
  },
  {
    name: 'a merge patch merges',
    files,
    ask: `PATCH ${at}`,
    body: '{"w":{"x":1}}',
    headers: merge,
    status: 200,
    json: { v: 1, w: { x: 1 } },
    events: ['update lod/customers/a'],
  },
  {
    name: 'a JSON Patch applies in order',
    files,
    ask: `PATCH ${at}`,
    body: '[{"op":"test","path":"/v","value":1},{"op":"replace","path":"/v","value":5}]',
    headers: patch,
    status: 200,
    json: { v: 5 },
    events: ['update lod/customers/a'],
  },
  {
    name: 'a JSON Patch whose test fails changes nothing',
    files,
    ask: `PATCH ${at}`,
    body: '[{"op":"replace","path":"/v","value":5},{"op":"test","path":"/v","value":99}]',
    headers: patch,
    status: 409,
    json: { code: 'patch_failed' },
  },
  {
    name: 'a malformed JSON Patch is refused',
    files,
    ask: `PATCH ${at}`,
    body: '[{"op":"fly"}]',
    headers: patch,
    status: 400,
    json: { code: 'bad_patch' },
  },
  { name: 'a patch of nothing is 404', files, ask: 'PATCH /v1/lod/customers/none', body: {}, status: 404 },
  {
    name: 'DELETE answers 204 with its seq',
    files,
    ask: `DELETE ${at}`,
    status: 204,
    text: '',
    answers: { 'larder-seq': /^\d+$/, 'larder-change-set': /./ },
    events: ['delete lod/customers/a'],
  },
  { name: 'DELETE of nothing is 404', files, ask: 'DELETE /v1/lod/customers/none', status: 404 },
  ...['PUT', 'PATCH', 'DELETE'].map((method) => ({
    name: `${method} with a stale If-Match answers 412 with the current version`,
    files,
    ask: `${method} ${at}`,
    ...(method !== 'DELETE' && { body: { v: 9 } }),
    headers: { 'if-match': '"stale"' },
    status: 412,
    json: { code: 'precondition_failed' },
    answers: { etag: /^"[0-9a-f]{64}"$/ },
  })),
  {
    name: 'PUT with the current If-Match writes',
    files,
    ask: `PUT ${at}`,
    body: { v: 9 },
    headersOf: async (world) => ({ 'if-match': String((await world.get(at)).headers.etag) }),
    status: 200,
    events: ['update lod/customers/a'],
  },
  {
    name: 'If-Match with a weak tag never matches',
    files,
    ask: `PUT ${at}`,
    body: { v: 9 },
    headersOf: async (world) => ({ 'if-match': `W/${(await world.get(at)).headers.etag}` }),
    status: 412,
  },
  {
    name: 'If-None-Match: * refuses what is there',
    files,
    ask: `PUT ${at}`,
    body: { v: 9 },
    headers: { 'if-none-match': '*' },
    status: 412,
  },
  {
    name: 'If-Match: * refuses what is not there',
    files,
    ask: 'PUT /v1/lod/customers/none',
    body: { v: 9 },
    headers: { 'if-match': '*' },
    status: 412,
  },
]);

test('a session is carried into the history', async () => {
  await using world = await openWorld();
  await world.put('/v1/lod/s/x', { v: 1 }, { 'larder-session': 'tidy-up' });
  expect((await world.get('/v1/lod/s/x/_history')).json).toMatchObject({ items: [{ session: 'tidy-up' }] });
  expect((await world.put('/v1/lod/s/x', { v: 2 }, { 'larder-session': 'ü' })).status).toBe(400);
});

test('what was written lies in the file, and GET answers its ETag', async () => {
  await using world = await openWorld();
  const written = await world.put('/v1/lod/s/x', '{"big": 12345678901234567890, "one": 1.0}');
  const file = readFileSync(join(world.root, 'lod/s/x.json'));
  expect(String(file)).toMatch(/12345678901234567890[^]*1\.0/);
  const read = await world.get('/v1/lod/s/x');
  expect([read.headers.etag, read.headers['larder-seq']]).toEqual([
    written.headers.etag,
    written.headers['larder-seq'],
  ]);
  await world.ask('DELETE', '/v1/lod/s/x');
  expect(existsSync(join(world.root, 'lod/s/x.json'))).toBe(false);
});

test('a schema is written, read, and in force at once', async () => {
  await using world = await openWorld();
  expect((await world.get('/v1/lod/s/_schema')).status).toBe(404);
  const written = await world.put('/v1/lod/s/_schema', { type: 'object', required: ['name'] });
  expect(written.status).toBe(201);
  expect((await world.get('/v1/lod/s/_schema')).json).toEqual({ type: 'object', required: ['name'] });
  expect((await world.get('/v1/lod/s/_schema', { 'if-none-match': String(written.headers.etag) })).status).toBe(304);
  expect((await world.put('/v1/lod/s/x', { v: 1 })).status).toBe(422);
  expect((await world.put('/v1/lod/s/_schema', { type: 'nonsense' })).status).toBe(409);
});

test('a write that names the served version over a broken file is told what is in the way, not to read again', async () => {
  await using world = await openWorld({ files });
  const { headers } = await world.get(at);
  const etag = String(headers.etag);
  writeFileSync(join(world.root, 'lod/customers/a.json'), '{"v":');
  for (const [method, body] of [
    ['PUT', { v: 2 }],
    ['DELETE', ''],
  ] as const) {
    const refused = await world.ask(method, at, { headers: { ...json, 'if-match': etag }, body });
    expect([refused.status, (refused.json as { code: string }).code]).toEqual([409, 'document_invalid']);
    const { digest } = refused.json as { digest: string };
    expect(`"${digest}"`).not.toBe(etag);
  }
});

test('a write over what cannot be read says how it can be, not to name its digest', async () => {
  await using world = await openWorld({ files });
  symlinkSync('a.json', join(world.root, 'lod/customers/link.json'));
  const refused = await world.ask('PUT', '/v1/lod/customers/link', { headers: json, body: { v: 2 } });
  expect(refused).toMatchObject({ status: 409, json: { code: 'document_invalid' } });
  expect((refused.json as { hint: string }).hint).toMatch(
    /^Give the daemon permission to read it, or put a regular file/,
  );
});

test('nobody takes the name of the first scan for a session', async () => {
  await using world = await openWorld({ files });
  const refused = await world.ask('PUT', at, { headers: { ...json, 'larder-session': 'first-scan' }, body: { v: 2 } });
  expect([refused.status, (refused.json as { code: string }).code]).toEqual([400, 'bad_request']);
});

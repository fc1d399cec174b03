import { expect, test } from 'vitest';
import type { Answer } from './client.ts';
import { eventsAfter } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const ndjson = { 'content-type': 'application/x-ndjson' };
const bulk = (world: World, rows: readonly (string | object)[], query = '', headers = ndjson): Promise<Answer> =>
  world.ask('POST', `/v1/lod/b/_bulk${query}`, {
    body: rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'),
    headers,
  });
const linesOf = ({ text }: Answer): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a bulk answers each line in its order, and a summary', async () => {
  await using world = await openWorld({ files: { 'lod/b/old.json': { v: 1 }, 'lod/b/gone.json': { v: 1 } } });
  const { seq } = world.larder;
  const answer = await bulk(world, [
    { op: 'create', id: 'n', doc: { v: 1 } },
    { op: 'put', id: 'old', doc: { v: 2 } },
    '{broken',
    { op: 'patch', id: 'old', doc: { w: 1 } },
    { op: 'delete', id: 'gone' },
    { op: 'create', id: 'n', doc: {} },
    { op: 'put', id: 'old', doc: {}, if_match: '0'.repeat(64) },
  ]);
  expect(answer.headers['content-type']).toBe('application/x-ndjson');
  const lines = linesOf(answer);
  expect(lines.map(({ i, status }) => [i, status])).toEqual([
    [0, 201],
    [1, 200],
    [2, 400],
    [3, 200],
    [4, 204],
    [5, 409],
    [6, 412],
    [undefined, undefined],
  ]);
  expect(lines[0]).toMatchObject({ id: 'n', etag: expect.stringMatching(/^[0-9a-f]{64}$/), seq: seq + 1 });
  expect(lines[2]).toMatchObject({ problem: { code: 'bad_json', status: 400 } });
  expect(lines.at(-1)).toMatchObject({
    summary: { created: 1, updated: 2, deleted: 1, refused: 3 },
    seq: [seq + 1, seq + 4],
  });
  expect(eventsAfter(world, seq)).toEqual([
    'create lod/b/n',
    'update lod/b/old',
    'update lod/b/old',
    'delete lod/b/gone',
  ]);
});

test('a document of a bulk keeps the spelling of its numbers', async () => {
  await using world = await openWorld();
  await bulk(world, ['{"op":"put","id":"x","doc":{"one": 1.0, "big": 12345678901234567890}}']);
  expect((await world.get('/v1/lod/b/x')).text).toMatch(/1\.0[^]*12345678901234567890/);
});

test('a create without an id gets one', async () => {
  await using world = await openWorld();
  const [line] = linesOf(await bulk(world, [{ op: 'create', doc: { v: 1 } }]));
  expect(line).toMatchObject({ status: 201, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});

test.each([
  ['an unknown key', { op: 'put', id: 'x', doc: {}, iff_match: '*' }, 'bad_request'],
  ['an unknown op', { op: 'upsert', id: 'x', doc: {} }, 'bad_request'],
  ['no id', { op: 'put', doc: {} }, 'bad_request'],
  ['no doc', { op: 'put', id: 'x' }, 'bad_request'],
  ['an id that is no text', { op: 'put', id: 7, doc: {} }, 'bad_request'],
  ['an id that leaves the collection', { op: 'put', id: '../evil', doc: {} }, 'bad_name'],
  ['an id with .json', { op: 'put', id: 'x.json', doc: {} }, 'not_found'],
  ['a key given twice', '{"op":"put","id":"x","id":"y","doc":{}}', 'bad_json'],
  ['an array', '[1]', 'bad_json'],
  ['a doc with a key given twice', '{"op":"put","id":"x","doc":{"a":1,"a":2}}', 'bad_json'],
])('a line with %s is refused alone', async (_, row, code) => {
  await using world = await openWorld();
  const lines = linesOf(await bulk(world, [row, { op: 'put', id: 'good', doc: {} }]));
  expect(lines[0]).toMatchObject({ i: 0, problem: { code } });
  expect(lines[1]).toMatchObject({ i: 1, status: 201 });
});

test('an atomic bulk with one bad line writes none and names the line', async () => {
  await using world = await openWorld({ files: { 'lod/b/_schema.json': { type: 'object', required: ['v'] } } });
  const { seq } = world.larder;
  const refused = await bulk(
    world,
    [
      { op: 'put', id: 'a', doc: { v: 1 } },
      { op: 'put', id: 'b', doc: {} },
    ],
    '?_atomic=1',
  );
  expect(refused.status).toBe(422);
  const broken = await bulk(world, [{ op: 'put', id: 'a', doc: { v: 1 } }, '{'], '?_atomic=1');
  expect(broken).toMatchObject({ status: 400, json: { code: 'bad_json', i: 1 } });
  expect(eventsAfter(world, seq)).toEqual([]);
});

test('an atomic bulk is one change set', async () => {
  await using world = await openWorld();
  const puts = [
    { op: 'put', id: 'a', doc: {} },
    { op: 'put', id: 'b', doc: {} },
  ];
  const rollback = { ...ndjson, prefer: 'tx=rollback' };
  const judged = await bulk(world, puts, '?_atomic=1', rollback);
  expect([judged.status, judged.headers['larder-change-set']]).toEqual([200, undefined]);
  const answer = await bulk(world, puts, '?_atomic=1');
  const changeSet = linesOf(answer).at(-1)?.['change_set'];
  expect(answer.headers).toMatchObject({ 'larder-seq': '2', 'larder-change-set': changeSet });
  expect(changeSet).toEqual(expect.any(String));
  const history = await world.get('/v1/lod/b/b/_history');
  expect(history.json).toMatchObject({ items: [{ change_set: changeSet }] });
});

test('an array of objects is puts, named by _id or by the field of the schema', async () => {
  await using world = await openWorld({
    files: { 'lod/b/_schema.json': { type: 'object', 'x-larder': { id: 'field:code' } } },
  });
  const answer = await bulk(world, ['[{"_id":"one","v":1.0},{"code":"two"},7]'], '', {
    'content-type': 'application/json',
  });
  expect(
    linesOf(answer)
      .map(({ id, status }) => [id, status])
      .slice(0, 3),
  ).toEqual([
    ['one', 201],
    ['two', 201],
    [undefined, 400],
  ]);
  expect((await world.get('/v1/lod/b/one')).text).not.toContain('_id');
});

test('a bulk of thousands goes through in its order', async () => {
  await using world = await openWorld();
  const rows = Array.from({ length: 2000 }, (_, i) => ({ op: 'put', id: `r-${i}`, doc: { i, pad: 'x'.repeat(200) } }));
  const lines = linesOf(await bulk(world, rows));
  expect(lines.slice(0, 2000).every(({ i, id, status }, k) => i === k && id === `r-${k}` && status === 201)).toBe(true);
  expect(lines.at(-1)).toMatchObject({ summary: { created: 2000, refused: 0 } });
});

test('tx=rollback judges a bulk and writes nothing', async () => {
  await using world = await openWorld();
  const { seq } = world.larder;
  const answer = await bulk(world, [{ op: 'put', id: 'a', doc: {} }], '', {
    ...ndjson,
    prefer: 'tx=rollback',
  } as typeof ndjson);
  expect(answer.headers['preference-applied']).toBe('tx=rollback');
  const [first, summary] = linesOf(answer);
  expect(first).toMatchObject({ status: 201 });
  expect(first, 'what is only judged has no seq').not.toHaveProperty('seq');
  expect(summary).toMatchObject({ summary: { created: 1 }, seq: null, change_set: null });
  expect(eventsAfter(world, seq)).toEqual([]);
});

test('an empty bulk and one of blank lines answer a summary alone', async () => {
  await using world = await openWorld();
  for (const rows of [[], ['', ' ', '\r']])
    expect(linesOf(await bulk(world, rows))).toMatchObject([{ summary: { created: 0 }, seq: null }]);
});

test('a bulk of another media type is refused', async () => {
  await using world = await openWorld();
  const answer = await bulk(world, ['x'], '', { 'content-type': 'text/plain' });
  expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } });
});

import { renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { files, twice } from './odd-document.ts';
import { testScenarios } from './scenarios.ts';
import { openWorld } from './world.ts';

testScenarios([
  {
    name: 'what was done last comes first',
    files: { ...files, 'lod/e/x.json': {} },
    prepare: (world) => world.put('/v1/lod/e/x', { v: 1 }, { 'larder-session': 's1' }),
    ask: 'GET /v1/_history?_limit=2',
    status: 200,
    json: {
      items: [
        { seq: 3, op: 'update', collection: 'lod/e', id: 'x', actor: 'local', cause: 'api', session: 's1' },
        { seq: 2, op: 'create', collection: 'lod/e', id: 'x', cause: 'hand' },
      ],
      next: '2',
    },
    answers: { link: '</v1/_history?_limit=2&_cursor=2>; rel="next"' },
  },
  {
    name: 'what was done last in a collection has its own pages',
    files: { ...files, 'lod/e/x.json': {} },
    prepare: twice,
    ask: 'GET /v1/lod/d/_history?_limit=2&_cursor=2',
    status: 200,
    json: { items: [{ seq: 1 }], next: null },
  },
  {
    name: 'a namespace has one as well',
    files: { ...files, 'bc/e/x.json': {} },
    ask: 'GET /v1/bc/_history',
    status: 200,
    json: { items: [{ collection: 'bc/e' }], next: null },
  },
]);

test('a list of the past shows what was served then, and its walk is frozen', async () => {
  await using world = await openWorld({
    files: Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [`lod/d/${id}.json`, { id, v: 1 }])),
  });
  await world.put('/v1/lod/d/a', { v: 2 });
  await world.ask('DELETE', '/v1/lod/d/b');
  await world.put('/v1/lod/d/e', { v: 1 });
  const ids = async (query: string): Promise<unknown> =>
    ((await world.get(`/v1/lod/d${query}`)).json as { items: { _id: string; v: number }[] }).items.map(
      ({ _id, v }) => `${_id}${v}`,
    );
  expect(await ids('?_at=4')).toEqual(['a1', 'b1', 'c1', 'd1']);
  expect(await ids('?_at=6')).toEqual(['a2', 'c1', 'd1']);
  expect(await ids('?_at=7')).toEqual(['a2', 'c1', 'd1', 'e1']);
  expect(await ids('?_at=4&_prefix=b')).toEqual(['b1']);
  const first = await world.get('/v1/lod/d?_at=4&_limit=2');
  expect([first.headers['larder-at'], first.headers['larder-seq']]).toEqual(['4', '7']);
  const { next } = first.json as { next: string };
  await world.ask('DELETE', '/v1/lod/d/c');
  unlinkSync(join(world.root, 'lod/d/d.json'));
  expect(await ids(`?_at=4&_limit=2&_cursor=${next}`)).toEqual(['c1', 'd1']);
  for (const query of [`?_cursor=${next}`, `?_at=5&_cursor=${next}`, `?_at=4&_prefix=c&_cursor=${next}`])
    expect(await world.get(`/v1/lod/d${query}`), query).toMatchObject({ status: 400, json: { code: 'bad_cursor' } });
  expect((await world.get('/v1/lod/d?_at=99')).json).toMatchObject({ code: 'future_seq' });
  expect((await world.get('/v1/lod/d?_at=1&_deleted=1')).status).toBe(400);
});

test('the history of a collection or namespace that never was is 404 with the name that was meant', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 }, 'lod/things/oslo.json': { v: 1 } } });
  for (const [path, hint] of [
    ['lod/thongs/_history', 'Did you mean lod/things?'],
    ['lot/_history', 'Did you mean lod?'],
    ['lod/thongs', 'Did you mean lod/things?'],
    ['lod/things/oxlo/_history', 'Did you mean lod/things/oslo?'],
    // One letter for another is no misspelling.
    ['lod/things/b/_history', 'It has no history either.'],
    ['nowhere/_history', expect.stringContaining('lists what is there')],
  ] as const)
    expect(await world.get(`/v1/${path}`), path).toMatchObject({ status: 404, json: { code: 'not_found', hint } });
  // Of what went only the history is left.
  await world.ask('DELETE', '/v1/lod/things/a');
  expect((await world.get('/v1/lod/_history')).json).toMatchObject({
    items: [{ op: 'delete' }, { op: 'create' }, { op: 'create' }],
  });
  expect((await world.get('/v1/lod/things/_history?_cursor=1')).json).toEqual({ items: [], next: null });
});

test('a list in the middle of a change set shows all of it, and moved documents under their names of then', async () => {
  await using world = await openWorld({ files: { 'lod/d/old.json': { v: 1 } } });
  const put = (id: string) =>
    ({ ref: { collection: 'lod/d', id }, change: { op: 'put', body: Buffer.from('{"v":1}') } }) as const;
  await world.larder.writeAll([put('x'), put('y'), put('z')], { actor: 'me', cause: 'api' }, { atomic: true });
  renameSync(join(world.root, 'lod/d/old.json'), join(world.root, 'lod/d/new.json'));
  await world.larder.rescan();
  const ids = async (seq: number): Promise<string[]> =>
    ((await world.get(`/v1/lod/d?_at=${seq}`)).json as { items: { _id: string }[] }).items.map(({ _id }) => _id);
  expect(await ids(2)).toEqual(['old', 'x', 'y', 'z']);
  expect((await world.get('/v1/lod/d?_at=2')).headers['larder-at']).toBe('4');
  expect(await ids(5)).toEqual(['new', 'x', 'y', 'z']);
  expect((await world.get('/v1/lod/d/new?_at=1')).headers['larder-at']).toBe('1');
});

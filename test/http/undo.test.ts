import { renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from './client.ts';
import { eventsAfter, testScenarios } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const a = '/v1/lod/d/a';
/** 1 to 3. */
const files = { 'bc/e/p.json': { v: 1 }, 'lod/d/a.json': '{\t"v": 1.0 }', 'lod/d/gone.json': { v: 1 } };
const agent = { 'larder-session': 'agent-7' };

/** 4 to 7: what an agent did. */
async function work(world: World): Promise<void> {
  await world.put(a, { v: 2 }, agent);
  await world.put('/v1/lod/d/new', { v: 1 }, agent);
  await world.ask('DELETE', '/v1/lod/d/gone', { headers: agent });
  await world.put('/v1/bc/e/p', { v: 2 }, agent);
}
const undone = ['update bc/e/p', 'update lod/d/a', 'create lod/d/gone', 'delete lod/d/new'];
const ask = 'POST /v1/_undo';

testScenarios([
  {
    name: 'what a session did is taken back as one change set',
    files,
    prepare: work,
    ask,
    body: { session: 'agent-7' },
    status: 200,
    json: {
      undone: 4,
      unchanged: 0,
      items: [
        { collection: 'bc/e', id: 'p', op: 'update', seq: 8 },
        { collection: 'lod/d', id: 'a', op: 'update', seq: 9, etag: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { collection: 'lod/d', id: 'gone', op: 'create', seq: 10 },
        { collection: 'lod/d', id: 'new', op: 'delete', seq: 11, etag: null },
      ],
      schemas: [],
      seq: [8, 11],
      change_set: expect.stringMatching(/./),
    },
    answers: { 'larder-change-set': /./, 'larder-seq': '11' },
    events: undone,
  },
  {
    name: 'an undo may be tried without writing',
    files,
    prepare: work,
    ask,
    headers: { prefer: 'tx=rollback' },
    body: { session: 'agent-7' },
    status: 200,
    json: {
      undone: 4,
      items: [{ id: 'p', op: 'update' }, { id: 'a' }, { id: 'gone' }, { id: 'new' }],
      seq: null,
      change_set: null,
    },
    answers: { 'preference-applied': 'tx=rollback', 'larder-change-set': null },
  },
  {
    name: 'what was done since a seq is taken back, in one collection',
    files,
    prepare: work,
    ask,
    body: { since: 4, collection: 'lod/d' },
    status: 200,
    json: { undone: 2 },
    events: ['create lod/d/gone', 'delete lod/d/new'],
  },
  {
    name: 'what was done up to a seq is taken back',
    files,
    prepare: work,
    ask,
    body: { session: 'agent-7', to_seq: 5 },
    status: 200,
    events: ['update lod/d/a', 'delete lod/d/new'],
  },
  {
    name: 'what an actor did is taken back',
    files,
    prepare: async (world) => {
      await work(world);
      world.save('lod/d/hand.json', {});
      await world.larder.rescan();
    },
    ask,
    body: { actor: 'local' },
    status: 200,
    json: { undone: 4 },
    events: undone,
  },
  {
    name: 'a document alone is taken back by its last change',
    files,
    prepare: async (world) => {
      await work(world);
      await world.put(a, { v: 3 });
    },
    ask,
    body: { collection: 'lod/d', document: 'a' },
    status: 200,
    json: { undone: 1, items: [{ collection: 'lod/d', id: 'a' }] },
    events: ['update lod/d/a'],
  },
  {
    name: 'what somebody else changed since is a conflict, and nothing is undone',
    files,
    prepare: async (world) => {
      await work(world);
      await world.put(a, { v: 3 });
      world.save('lod/d/gone.json', { mine: true });
      await world.larder.rescan();
    },
    ask,
    body: { session: 'agent-7' },
    status: 409,
    json: {
      code: 'undo_conflict',
      conflicts_total: 2,
      conflicts: [
        { collection: 'lod/d', id: 'a', why: 'changed', seq: 8, actor: 'local', at: expect.stringMatching(/Z$/) },
        { collection: 'lod/d', id: 'gone', why: 'changed', seq: 9, actor: 'hand' },
      ],
    },
  },
  {
    name: 'a change by somebody else in between is a conflict as well',
    files,
    prepare: async (world) => {
      await world.put(a, { v: 2 }, agent);
      await world.put(a, { v: 3 });
      await world.put(a, { v: 4 }, agent);
    },
    ask,
    body: { session: 'agent-7' },
    status: 409,
    json: { conflicts: [{ why: 'between', seq: 6 }] },
  },
  {
    name: 'an edit by hand that nobody has looked at yet is a conflict',
    files,
    prepare: async (world) => {
      await work(world);
    },
    headersOf: (world) => {
      world.save('lod/d/a.json', '{"saved": "a moment ago"}');
      return Promise.resolve({});
    },
    ask,
    body: { session: 'agent-7' },
    status: 409,
    json: { conflicts: [{ id: 'a', why: 'changed', actor: 'hand' }] },
    events: ['update lod/d/a'],
  },
  {
    name: 'a document that the schema of today refuses is a conflict, each is told',
    files: { 'lod/d/a.json': { v: 1 }, 'lod/d/b.json': { v: 1 }, 'lod/d/c.json': { v: 1, w: 1 } },
    prepare: async (world) => {
      for (const id of ['a', 'b', 'c']) await world.put(`/v1/lod/d/${id}`, { v: 2, w: 2 }, agent);
      expect((await world.put('/v1/lod/d/_schema', { required: ['w'] })).status).toBe(201);
    },
    ask,
    body: { session: 'agent-7' },
    status: 409,
    json: {
      code: 'undo_conflict',
      title: 'Not everything of it can be taken back',
      conflicts: [
        { id: 'a', why: 'schema_refused' },
        { id: 'b', why: 'schema_refused' },
      ],
    },
  },
  {
    name: 'what was never done is 404',
    files,
    ask,
    body: { session: 'nobody' },
    status: 404,
    json: { code: 'not_found', hint: expect.stringContaining('/v1/_history') },
  },
  {
    name: 'an undo of a seq to come is refused',
    files,
    ask,
    body: { since: 99 },
    status: 400,
    json: { code: 'future_seq' },
  },
]);

const refusals: readonly (readonly [name: string, body: object, code: string])[] = [
  ['nothing', {}, 'bad_request'],
  ['a collection alone', { collection: 'lod/d' }, 'bad_request'],
  ['a document without its collection', { document: 'a' }, 'bad_request'],
  ['an unknown member', { sesion: 'x' }, 'bad_request'],
  ['another type', { session: 7 }, 'bad_request'],
  ['an empty session', { session: '' }, 'bad_request'],
  ['a time that is none', { since: 'yesterday' }, 'bad_request'],
  ['a namespace as collection', { since: 1, collection: 'lod' }, 'bad_request'],
  ['a name that leaves the root', { since: 1, collection: 'lod/..' }, 'bad_path'],
  ['a bad id', { since: 1, collection: 'lod/d', document: '../x' }, 'bad_name'],
];

test('an undo that says too little, or too much, is refused', async () => {
  await using world = await openWorld();
  for (const [name, body, code] of refusals)
    expect(await world.ask('POST', '/v1/_undo', { body }), name).toMatchObject({ status: 400, json: { code } });
});

const undo = (world: World, body: object): Promise<Answer> => world.ask('POST', '/v1/_undo', { body });
const setOf = ({ json }: Answer): string => (json as { change_set: string }).change_set;
const state = async (world: World): Promise<unknown> => {
  const lists = await Promise.all(['bc/e', 'lod/d'].map((name) => world.get(`/v1/${name}?_meta=1`)));
  return lists.flatMap(({ json }) =>
    (json as { items: { _id: string; _meta: { etag: string } }[] }).items.map(({ _id, _meta }) => [_id, _meta.etag]),
  );
};

test('an undo can be undone, and that as well', async () => {
  await using world = await openWorld({ files });
  const before = await state(world);
  await work(world);
  const after = await state(world);
  const first = await undo(world, { session: 'agent-7' });
  expect(await state(world)).toEqual(before);
  expect((await world.get(a)).text).toBe(files['lod/d/a.json']);
  const second = await undo(world, { change_set: setOf(first) });
  expect(second).toMatchObject({ status: 200, json: { undone: 4 } });
  expect(await state(world)).toEqual(after);
  await undo(world, { change_set: setOf(second) });
  expect(await state(world)).toEqual(before);
  // It is undone already.
  const { seq } = world.larder;
  expect((await undo(world, { session: 'agent-7' })).json).toMatchObject({ undone: 0, unchanged: 4, change_set: null });
  expect(eventsAfter(world, seq)).toEqual([]);
});

test('a change set is undone together', async () => {
  await using world = await openWorld({ files });
  const before = await state(world);
  const requests = [
    { method: 'PUT', path: a, body: { v: 9 } },
    { method: 'DELETE', path: '/v1/bc/e/p' },
    { method: 'POST', path: '/v1/lod/d', body: { _id: 'x' } },
  ];
  const batch = await world.ask('POST', '/v1/_batch', { body: { requests } });
  expect((await undo(world, { change_set: setOf(batch) })).json).toMatchObject({ undone: 3 });
  expect(await state(world)).toEqual(before);
});

test('moves are undone, renames of the case alone too, and their histories stay', async () => {
  await using world = await openWorld({ files: { 'lod/d/old.json': { v: 1 }, 'lod/d/case.json': { v: 2 } } });
  renameSync(join(world.root, 'lod/d/old.json'), join(world.root, 'lod/d/new.json'));
  renameSync(join(world.root, 'lod/d/case.json'), join(world.root, 'lod/d/Case.json'));
  await world.larder.rescan();
  const { seq } = world.larder;
  expect(eventsAfter(world, 2).toSorted()).toEqual(['move lod/d/Case', 'move lod/d/new']);
  const first = await undo(world, { since: 2 });
  expect(first.json).toMatchObject({ undone: 4 });
  const ids = async (): Promise<string[]> =>
    ((await world.get('/v1/lod/d')).json as { items: { _id: string }[] }).items.map(({ _id }) => _id);
  expect(await ids()).toEqual(['case', 'old']);
  const history = (await world.get('/v1/lod/d/new/_history')).json as { items: { op: string }[] };
  expect(history.items.map(({ op }) => op)).toEqual(['delete', 'move', 'create']);
  expect(await undo(world, { since: seq })).toMatchObject({ status: 200, json: { undone: 4 } });
  expect(await ids()).toEqual(['Case', 'new']);
});

test('a broken save is undone to what was served, and a deletion by hand as well', async () => {
  await using world = await openWorld({ files });
  world.save('lod/d/a.json', '{"v": ');
  unlinkSync(join(world.root, 'lod/d/gone.json'));
  const kinds = (): string[] => eventsAfter(world, 3).toSorted();
  await expect.poll(kinds, { timeout: 20_000 }).toEqual(['delete lod/d/gone', 'problem lod/d/a']);
  expect((await undo(world, { since: 3 })).json).toMatchObject({ undone: 2 });
  const back = await world.get(a);
  expect([back.text, back.headers['larder-problem']]).toEqual([files['lod/d/a.json'], undefined]);
  expect((await world.get('/v1/lod/d/gone')).json).toEqual({ v: 1 });
});

test('schemas stay as they are, and are named', async () => {
  await using world = await openWorld({ files });
  await world.put('/v1/lod/d/_schema', { type: 'object' });
  await world.put(a, { v: 2 });
  expect((await undo(world, { since: 3 })).json).toMatchObject({
    undone: 1,
    schemas: [{ collection: 'lod/d', seq: 4 }],
  });
  expect((await world.get('/v1/lod/d/_schema')).status).toBe(200);
});

test('files below files/ are undone too, and a version whose bytes are not kept is told', async () => {
  await using world = await openWorld();
  await world.ask('PUT', '/v1/lod/files/x.txt', { body: 'one', headers: { 'content-type': 'text/plain' } });
  await world.ask('PUT', '/v1/lod/files/x.txt', { body: 'two', headers: { 'content-type': 'text/plain' } });
  await world.ask('PUT', '/v1/lod/files/big', {
    body: Buffer.alloc(1_100_000),
    headers: { 'content-type': 'text/plain' },
  });
  await undo(world, { since: 1, to_seq: 2 });
  expect((await world.get('/v1/lod/files/x.txt')).text).toBe('one');
  await world.ask('DELETE', '/v1/lod/files/big');
  expect((await undo(world, { since: 4 })).json).toMatchObject({
    conflicts: [{ collection: 'lod/files', id: 'big', why: 'gone' }],
  });
});

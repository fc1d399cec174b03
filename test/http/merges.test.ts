import { expect, test } from 'vitest';
import { eventsAfter, testScenarios, type Scenario } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const at = '/v1/lod/d/a';
const files = { 'lod/d/a.json': '{\n\t"v": 1.0,\n\t"w": 1,\n\t"tags": ["x"]\n}\n' };

/** The ETag of the first version, whatever was done since. */
const first = async (world: World): Promise<Record<string, string>> => {
  const { items } = (await world.get(`${at}/_history`)).json as { items: { digest: string; seq: number }[] };
  return { 'if-match': `"${items.find(({ seq }) => seq === 1)?.digest}"` };
};
const merging = async (world: World): Promise<Record<string, string>> => ({ ...(await first(world)), prefer: 'merge' });
const otherEdit = (world: World): void => world.save('lod/d/a.json', '{\n\t"v": 1.0,\n\t"w": 2,\n\t"tags": ["x"]\n}\n');
const edited = (world: World): Promise<void> => Promise.resolve(otherEdit(world));
/** What the edit by hand adds to the events: it is looked at by the write. */
const seen = 'update lod/d/a';

const stale = ['PUT', 'PATCH', 'DELETE'].map((method): Scenario => ({
  name: `a stale ${method} is told who changed what`,
  files,
  prepare: (world: World) => world.put(at, { v: 1, w: 3, tags: ['x'] }, { 'larder-session': 'night-shift' }),
  ask: `${method} ${at}`,
  ...(method !== 'DELETE' && { body: { v: 9 } }),
  headersOf: first,
  status: 412,
  json: {
    code: 'precondition_failed',
    etag: expect.stringMatching(/^[0-9a-f]{64}$/),
    seq: 2,
    at: expect.stringMatching(/^20.*Z$/),
    op: 'update',
    actor: 'local',
    cause: 'api',
    change_set: expect.stringMatching(/./),
    session: 'night-shift',
    base_seq: 1,
    diff: [{ op: 'replace', path: '/w', value: 3 }],
  },
  answers: { etag: /^"[0-9a-f]{64}"$/ },
}));

/** The base of an edit was forgotten after two others. */
async function forgetBase(world: World): Promise<void> {
  await world.put(at, { v: 1, w: 3, tags: ['x'] });
  await world.larder.maintenance.forget('lod/d/a.json', 1);
}

testScenarios([
  ...stale,
  {
    name: 'a merge with a version whose bytes are not kept any more says so, and what there is now',
    files,
    prepare: forgetBase,
    ask: `PATCH ${at}`,
    body: { v: 9 },
    headersOf: merging,
    status: 410,
    json: {
      code: 'gone',
      detail: expect.stringMatching(/^there is nothing to merge with: the bytes of version 1 of .* are not kept$/),
      hint: expect.stringContaining('read the document again'),
      base_seq: 1,
      seq: 2,
      etag: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    answers: { etag: /^"[0-9a-f]{64}"$/ },
  },
  {
    name: 'a stale write made for a version whose bytes are not kept any more is told why there is no diff',
    files,
    prepare: forgetBase,
    ask: `PATCH ${at}`,
    body: { v: 9 },
    headersOf: first,
    status: 412,
    json: { code: 'precondition_failed', base_seq: 1, base_gone: 'gone', seq: 2 },
    text: /^(?!.*"diff")/,
  },
  {
    name: 'a stale write after a deletion is told who deleted it',
    files,
    prepare: (world) => world.ask('DELETE', at),
    ask: `PUT ${at}`,
    body: { v: 9 },
    headersOf: first,
    status: 412,
    json: { seq: 2, op: 'delete', actor: 'local', etag: null, base_seq: 1 },
  },
  {
    name: 'If-Match is judged against what an editor saved a moment ago',
    files,
    prepare: edited,
    ask: `DELETE ${at}`,
    headersOf: async (world) => {
      const headers = await first(world);
      otherEdit(world);
      return headers;
    },
    status: 412,
    json: { actor: 'hand', cause: 'hand', diff: [{ op: 'replace', path: '/w', value: 2 }] },
    events: [seen],
  },
  {
    name: 'a diff that would be long is left out, and the seq to ask for it told',
    files: { 'lod/d/a.json': { pad: 'x'.repeat(100_000) } },
    prepare: (world) => world.put(at, { pad: 'y'.repeat(100_000) }),
    ask: `DELETE ${at}`,
    headersOf: first,
    status: 412,
    text: /^(?!.*"diff")[^]*"base_seq":1/,
  },
  {
    name: 'a PUT is merged with an edit by hand of another value',
    files,
    prepare: edited,
    ask: `PUT ${at}`,
    body: { v: 5, w: 1, tags: ['x'] },
    headersOf: merging,
    status: 200,
    text: '{\n\t"v": 5,\n\t"w": 2,\n\t"tags": ["x"]\n}\n',
    answers: { 'preference-applied': 'merge' },
    events: [seen, 'update lod/d/a'],
  },
  {
    name: 'a merge patch is merged',
    files,
    prepare: edited,
    ask: `PATCH ${at}`,
    body: { v: null, tags: ['x', 'y'] },
    headersOf: merging,
    status: 200,
    json: { w: 2, tags: ['x', 'y'] },
    events: [seen, 'update lod/d/a'],
  },
  {
    name: 'a JSON Patch is merged, its tests made on the version that the client had',
    files,
    prepare: edited,
    ask: `PATCH ${at}`,
    body: '[{"op":"test","path":"/w","value":1},{"op":"replace","path":"/v","value":7}]',
    headersOf: async (world) => ({ ...(await merging(world)), 'content-type': 'application/json-patch+json' }),
    status: 200,
    json: { v: 7, w: 2 },
    events: [seen, 'update lod/d/a'],
  },
  {
    name: 'the same value changed twice is a conflict with both sides',
    files,
    prepare: edited,
    ask: `PUT ${at}`,
    body: '{"v": 1, "w": 12345678901234567890, "tags": ["x"]}',
    headersOf: merging,
    status: 409,
    text: /"conflicts":\[\{"pointer":"\/w","base":1,"yours":12345678901234567890,"theirs":2\}\]/,
    json: { code: 'merge_conflict', actor: 'hand', base_seq: 1 },
    answers: { etag: /^"[0-9a-f]{64}"$/ },
    events: [seen],
  },
  {
    name: 'two edits of one list are a conflict',
    files,
    prepare: (world) => Promise.resolve(world.save('lod/d/a.json', '{"v":1.0,"w":1,"tags":["x","theirs"]}')),
    ask: `PATCH ${at}`,
    body: { tags: ['yours', 'x'] },
    headersOf: merging,
    status: 409,
    json: { conflicts: [{ pointer: '/tags', yours: ['yours', 'x'], theirs: ['x', 'theirs'] }] },
    events: [seen],
  },
  {
    name: 'a merge into what was deleted is a conflict',
    files,
    prepare: (world) => world.ask('DELETE', at),
    ask: `PATCH ${at}`,
    body: { v: 2 },
    headersOf: merging,
    status: 409,
    json: { code: 'merge_conflict', op: 'delete', conflicts: [{ pointer: '', yours: { v: 2, w: 1 } }] },
  },
  {
    name: 'a merge on a version that is not in the history says what to do',
    files,
    ask: `PUT ${at}`,
    body: { v: 2 },
    headers: { prefer: 'merge', 'if-match': `"${'0'.repeat(64)}"` },
    status: 412,
    json: { code: 'precondition_failed', hint: expect.stringContaining('read the document again') },
    answers: { etag: /^"[0-9a-f]{64}"$/ },
  },
  ...[{}, { 'if-match': '*' }].map((headers) => ({
    name: `a merge with ${Object.keys(headers).length === 0 ? 'no If-Match' : 'If-Match: *'} is refused instead of overwriting`,
    files,
    ask: `PUT ${at}`,
    body: { v: 2 },
    headers: { prefer: 'merge', ...headers },
    status: 400,
    json: { code: 'bad_request' },
  })),
  {
    name: 'a merge over the version that the client has is a plain write',
    files,
    ask: `PUT ${at}`,
    body: { v: 2 },
    headersOf: merging,
    status: 200,
    json: { v: 2 },
    events: ['update lod/d/a'],
  },
  {
    name: 'what a merge makes is judged by the schema',
    files: { ...files, 'lod/d/_schema.json': { not: { properties: { v: { const: 5 }, w: { const: 2 } } } } },
    prepare: edited,
    ask: `PATCH ${at}`,
    body: { v: 5 },
    headersOf: async (world) => {
      const { items } = (await world.get(`${at}/_history`)).json as { items: { digest: string }[] };
      return { prefer: 'merge', 'if-match': `"${items.at(-1)?.digest}"` };
    },
    status: 422,
    json: { code: 'schema_refused' },
    events: [seen],
  },
]);

test('clients that merge their own fields into one document lose none of them', async () => {
  await using world = await openWorld({ files: { 'lod/d/a.json': { n: 0 } } });
  const base = String((await world.get(at)).headers.etag);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      world.ask('PATCH', at, { body: { [`f${i}`]: i }, headers: { prefer: 'merge', 'if-match': base } }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect((await world.get(at)).json).toEqual({ n: 0, ...Object.fromEntries(answers.map((_, i) => [`f${i}`, i])) });
  expect(eventsAfter(world, 1)).toHaveLength(20);
});

test('a stale write of a schema is told who changed what', async () => {
  await using world = await openWorld();
  const schema = '/v1/lod/d/_schema';
  const { etag } = (await world.put(schema, { type: 'object' })).headers;
  await world.put(schema, { type: 'object', required: ['v'] });
  expect(await world.put(schema, {}, { 'if-match': String(etag) })).toMatchObject({
    status: 412,
    json: { seq: 2, op: 'schema', actor: 'local', base_seq: 1, diff: [{ op: 'add', path: '/required', value: ['v'] }] },
  });
});

test('a stale line of a bulk is told who changed what', async () => {
  await using world = await openWorld({ files: { 'lod/d/a.json': { v: 1 } } });
  const base = String((await world.get(at)).headers.etag);
  await world.put(at, { v: 2 });
  const answer = await world.ask('POST', '/v1/lod/d/_bulk', {
    body: `${JSON.stringify({ op: 'delete', id: 'a', if_match: base })}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(JSON.parse(answer.text.split('\n')[0] ?? '')).toMatchObject({
    status: 412,
    problem: { seq: 2, actor: 'local', base_seq: 1, diff: [{ op: 'replace', path: '/v', value: 2 }] },
  });
});

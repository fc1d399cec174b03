import { expect, test } from 'vitest';
import { formatItem } from '../../src/core/list-items.ts';
import type { ListItem } from '../../src/core/requests.ts';
import { testScenarios } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const files = Object.fromEntries(
  Array.from({ length: 25 }, (_, i) => [`lod/many/m-${String(i).padStart(2, '0')}.json`, `{"i": ${i}.0}`]),
);

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

testScenarios([
  {
    name: 'a list holds the documents in the order of their ids, numbers as they are spelled',
    files,
    ask: 'GET /v1/lod/many?_limit=2',
    status: 200,
    text: /^\{"items":\[\{"_id":"m-00","i": 0\.0\},\{"_id":"m-01","i": 1\.0\}\],"next":"[^"]+"\}\n$/,
    answers: { 'larder-seq': /^\d+$/, link: /^<\/v1\/lod\/many\?_limit=2&_cursor=[^>]+>; rel="next"$/ },
  },
  {
    name: '_meta=1 tells etag, seq, path, time and actor of each',
    files,
    ask: 'GET /v1/lod/many?_limit=1&_meta=1',
    status: 200,
    json: {
      items: [
        {
          _id: 'm-00',
          _meta: {
            etag: expect.stringMatching(/^[0-9a-f]{64}$/),
            seq: expect.any(Number),
            path: 'lod/many/m-00.json',
            actor: 'hand',
          },
        },
      ],
    },
  },
  {
    name: '_prefix lists a folder',
    files,
    ask: 'GET /v1/lod/many?_prefix=m-2&_limit=2',
    status: 200,
    json: { items: [{ _id: 'm-20' }, { _id: 'm-21' }] },
  },
  {
    name: 'a prefix that nothing has lists nothing',
    files,
    ask: 'GET /v1/lod/many?_prefix=zz',
    status: 200,
    json: { items: [], next: null },
  },
  {
    name: 'a collection that is not there is 404',
    files,
    ask: 'GET /v1/lod/none',
    status: 404,
    json: { code: 'not_found' },
  },
  { name: 'a namespace that is not there is 404', files, ask: 'GET /v1/none', status: 404 },
  {
    name: 'the namespaces are listed with their counts',
    files,
    ask: 'GET /v1',
    status: 200,
    json: { items: [{ name: 'lod' }] },
  },
  {
    name: 'the collections of a namespace are listed with their counts',
    files,
    ask: 'GET /v1/lod',
    status: 200,
    json: { items: [{ name: 'many', count: 25, schema: false, problems: 0 }], next: null },
  },
  {
    name: 'a damaged cursor is refused',
    files,
    ask: 'GET /v1/lod/many?_cursor=zzz',
    status: 400,
    json: { code: 'bad_cursor' },
  },
  ...['0', '1001', '-1', '1.5', 'x', '', '%00', '1e2'].map((limit) => ({
    name: `_limit=${limit} is refused`,
    files,
    ask: `GET /v1/lod/many?_limit=${limit}`,
    status: 400,
    json: { code: 'bad_parameter' },
  })),
  {
    name: 'a misspelt _limit is refused with the nearest name',
    files,
    ask: 'GET /v1/lod/many?_limt=5',
    status: 400,
    json: { code: 'unknown_parameter', nearest: '_limit' },
  },
  {
    name: 'filters by field are not offered yet and say so',
    files,
    ask: 'GET /v1/lod/many?i:biggerish=5',
    status: 400,
    json: { code: 'unknown_parameter' },
  },
  {
    name: '__proto__ is an unknown parameter like any other',
    files,
    ask: 'GET /v1/lod/many?__proto__=1',
    status: 400,
    json: { code: 'unknown_parameter' },
  },
  {
    name: '_prefix does not go with _deleted',
    files,
    ask: 'GET /v1/lod/many?_deleted=1&_prefix=a',
    status: 400,
    json: { code: 'bad_parameter' },
  },
]);

async function walk(world: World, path: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let url: string | null = path; url !== null;) {
    const { json, headers } = await world.get(url);
    const page = json as Page;
    pages.push(page);
    const link = /<([^>]+)>/.exec(String(headers['link'] ?? ''))?.[1];
    expect(link === undefined).toBe(page.next === null);
    url = link ?? null;
  }
  return pages;
}

test('following the links passes every document once', async () => {
  await using world = await openWorld({ files });
  const pages = await walk(world, '/v1/lod/many?_limit=10');
  expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5]);
  expect(pages.flatMap(({ items }) => items.map((item) => item['_id']))).toEqual(
    Array.from({ length: 25 }, (_, i) => `m-${String(i).padStart(2, '0')}`),
  );
});

test('_deleted lists what is gone, with actor and last seq', async () => {
  await using world = await openWorld({ files });
  const deleted = await world.ask('DELETE', '/v1/lod/many/m-03');
  const { json } = await world.get('/v1/lod/many?_deleted=1');
  expect(json).toMatchObject({
    items: [{ _id: 'm-03', actor: 'local', seq: Number(deleted.headers['larder-seq']) }],
    next: null,
  });
  expect((await walk(world, '/v1/lod/many')).flatMap(({ items }) => items)).toHaveLength(24);
});

test('a page of very large documents ends early, and the walk still passes all', async () => {
  const large = Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [`lod/large/l-${i}.json`, { pad: 'x'.repeat(700_000) }]),
  );
  await using world = await openWorld({ files: large });
  const pages = await walk(world, '/v1/lod/large?_limit=1000');
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flatMap(({ items }) => items)).toHaveLength(24);
});

const item = (text: string): ListItem => ({
  id: 'x"y',
  text,
  seq: 7,
  path: 'a/b/x.json',
  modifiedMs: 0,
  actor: 'hand',
  problem: null,
  etag: '0'.repeat(64) as ListItem['etag'],
});

test.each([
  ['{}', '{"_id":"x\\"y"}'],
  [' {\n } \n', '{"_id":"x\\"y"}'],
  ['{"a": 1.0}', '{"_id":"x\\"y","a": 1.0}'],
  ['{"_id":"own","a":1}', '{"_id":"x\\"y","a":1}'],
  ['{"\\u005fid":"own","a":{"_id":2}}', '{"_id":"x\\"y","a":{"_id":2}}'],
  ['{"a":"}{","_meta":1}', '{"_id":"x\\"y","a":"}{","_meta":1}'],
])('the item of %s is %s', (text, expected) => {
  expect(formatItem(item(text), false)).toBe(expected);
});

test('_meta of ours stands for one in the document', () => {
  expect(JSON.parse(formatItem(item('{"_meta":1,"b":2}'), true))).toMatchObject({
    b: 2,
    _meta: { seq: 7, path: 'a/b/x.json' },
  });
});

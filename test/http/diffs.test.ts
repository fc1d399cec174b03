import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { at, deleted, files, odd, twice } from './odd-document.ts';
import { testScenarios } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

const patchType = { accept: 'application/json-patch+json' };
const text = { accept: 'text/plain' };

testScenarios([
  {
    name: 'a diff without parameters is of the newest version against the one before',
    files,
    prepare: twice,
    ask: `GET ${at}/_diff`,
    status: 200,
    text: '[{"op":"add","path":"/w","value":[1]}]\n',
    answers: { 'larder-from': '2', 'larder-to': '3', 'content-type': 'application/json-patch+json' },
  },
  {
    name: 'a diff goes between any two versions, also backwards',
    files,
    prepare: twice,
    ask: `GET ${at}/_diff?_from=3&_to=1`,
    status: 200,
    json: [
      { op: 'replace', path: '/v', value: 1 },
      { op: 'remove', path: '/w' },
      { op: 'add', path: '/big', value: Number('12345678901234567890') },
    ],
  },
  {
    name: 'the first version is a diff against nothing',
    files,
    ask: `GET ${at}/_diff?_to=1`,
    status: 200,
    headers: { accept: 'application/json' },
    text: '[{"op":"add","path":"","value":{"v":1.0,"big":12345678901234567890}}]\n',
    answers: { 'larder-from': '0', 'content-type': 'application/json' },
  },
  {
    name: 'a deletion is a diff to nothing',
    files,
    prepare: deleted,
    ask: `GET ${at}/_diff`,
    status: 200,
    text: '[{"op":"remove","path":""}]\n',
    answers: { 'larder-from': '3', 'larder-to': '4' },
  },
  {
    name: 'a text diff is unified and says whose versions they are',
    files: { 'lod/d/a.json': '{\n  "v": 1,\n  "w": 1\n}\n' },
    prepare: (world) => world.put(at, { v: 2, w: 1 }),
    ask: `GET ${at}/_diff`,
    headers: text,
    status: 200,
    text: /^--- lod\/d\/a\.json\tseq 1, .*, hand\n\+\+\+ lod\/d\/a\.json\tseq 2, .*, local\n@@ -1,4 \+1,4 @@\n \{\n- {2}"v": 1,\n\+ {2}"v": 2,\n/,
    answers: { 'content-type': 'text/plain; charset=utf-8' },
  },
  {
    name: 'a text diff names what was not there as diff does',
    files,
    prepare: deleted,
    ask: `GET ${at}/_diff`,
    headers: text,
    status: 200,
    text: /^--- lod\/d\/a\.json\t.*\n\+\+\+ \/dev\/null\tseq 4/,
  },
  {
    name: 'a version is no diff to itself',
    files,
    ask: `GET ${at}/_diff?_from=1&_to=1`,
    headers: text,
    status: 200,
    text: '',
  },
  {
    name: 'a diff of a seq to come is refused',
    files,
    ask: `GET ${at}/_diff?_to=99`,
    status: 400,
    json: { code: 'future_seq' },
  },
  {
    name: 'a diff of the seq of another document is refused',
    files: { ...files, 'lod/d/b.json': {} },
    ask: `GET ${at}/_diff?_to=2`,
    status: 404,
    json: { code: 'not_found', hint: expect.stringContaining('/_history') },
  },
  {
    name: 'a diff of what never was is 404',
    files,
    ask: 'GET /v1/lod/d/none/_diff',
    status: 404,
    json: { code: 'not_found' },
  },
  { name: 'a seq is a number', files, ask: `GET ${at}/_diff?_from=x`, status: 400, json: { code: 'bad_parameter' } },
  {
    name: 'a diff of another type is refused',
    files,
    ask: `GET ${at}/_diff`,
    headers: { accept: 'image/png' },
    status: 406,
  },
]);

const bodyOf = async (world: World, path: string): Promise<string> => (await world.get(path)).text;

test('a moved document is compared with what it was under its earlier name', async () => {
  await using world = await openWorld({ files: { 'lod/d/old.json': '{"v":1}' } });
  await world.put('/v1/lod/d/old', { v: 2 });
  renameSync(join(world.root, 'lod/d/old.json'), join(world.root, 'lod/d/new.json'));
  await world.larder.rescan();
  await world.put('/v1/lod/d/new', { v: 3 });
  expect(await bodyOf(world, '/v1/lod/d/new/_diff?_from=1')).toBe('[{"op":"replace","path":"/v","value":3}]\n');
  expect(await bodyOf(world, '/v1/lod/d/new/_history/1')).toBe('{"v":1}');
  const history = (await world.get('/v1/lod/d/new/_history')).json as { items: object[] };
  expect(history.items[1]).toMatchObject({ seq: 3, op: 'move', from: 'lod/d/old' });
  expect(history.items.filter((item) => 'from' in item || 'to' in item)).toHaveLength(1);
  expect((await world.get('/v1/lod/d/old/_history')).json).toMatchObject({
    items: [{ seq: 3, op: 'move', from: 'lod/d/old', to: 'lod/d/new' }, { seq: 2 }, { seq: 1 }],
  });
  const away = await world.get('/v1/lod/d/old/_diff');
  expect([away.text, away.headers['larder-to']]).toEqual(['[{"op":"remove","path":""}]\n', '3']);
  const reverted = await world.ask('POST', '/v1/lod/d/new/_revert', { body: { to: 1 } });
  expect(reverted.text).toBe('{"v":1}');
});

test('a diff of a broken version is offered as text, and a revert to it refused', async () => {
  await using world = await openWorld({ files });
  world.save('lod/d/a.json', '{"v": 2');
  await expect
    .poll(async () => (await world.get(at)).headers['larder-problem'], { timeout: 20_000 })
    .toMatch(/^invalid/);
  const refused = await world.get(`${at}/_diff`, patchType);
  expect(refused).toMatchObject({
    status: 406,
    json: { code: 'not_acceptable', hint: expect.stringContaining('text/plain') },
  });
  expect(await bodyOf(world, `${at}/_history/2`)).toBe('{"v": 2');
  expect((await world.get(`${at}/_diff`, text)).text).toContain('+{"v": 2\n');
  expect(await world.ask('POST', `${at}/_revert`, { body: { to: 2 } })).toMatchObject({
    status: 409,
    json: { code: 'conflict', detail: expect.stringContaining('_history/2, mend it, and PUT it') },
  });
  // The broken bytes are somebody's work: to revert over them means to name them.
  const over = await world.ask('POST', `${at}/_revert`, { body: { to: 1 } });
  expect(over).toMatchObject({ status: 409, json: { code: 'document_invalid' } });
  const { digest } = over.json as { digest: string };
  const named = await world.ask('POST', `${at}/_revert`, { body: { to: 1 }, headers: { 'if-match': `"${digest}"` } });
  expect([named.status, named.text]).toEqual([200, odd]);
});

test('a version whose bytes are gone answers 410 wherever it is asked for', async () => {
  await using world = await openWorld({ files: { 'lod/d/a.json': { pad: 'x'.repeat(1_100_000) } } });
  await world.put(at, { v: 2 });
  rmSync(join(world.root, '.larder/blobs'), { recursive: true });
  for (const path of [`${at}/_diff`, `${at}?_at=1`, `${at}/_history/1`, '/v1/lod/d?_at=1'])
    expect(await world.get(path), path).toMatchObject({ status: 410, json: { code: 'gone' } });
  expect((await world.ask('POST', `${at}/_revert`, { body: { to: 1 } })).status).toBe(410);
});

test('large versions are compared as well, outside of the event loop', async () => {
  const lines = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
  await using world = await openWorld({ files: { 'lod/d/a.json': lines } });
  await world.put(at, { ...lines, k777: 'changed' });
  const [patch, unified] = await Promise.all([world.get(`${at}/_diff`), world.get(`${at}/_diff`, text)]);
  expect(patch.text).toBe('[{"op":"replace","path":"/k777","value":"changed"}]\n');
  expect(unified.text).toMatch(/\n- {2}"k777": 777,\n\+ {2}"k777": "changed",\n/);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { me, openTestLarder } from '../reconciler/world.ts';
import { larder, serve } from './command-world.ts';

const ODD = '{"b":1.0,   "a" : [ 1,\n2e0 ],"s":"\\u0041"}';
const PLAIN = '{\n  "b": 1.0,\n  "a": [\n    1,\n    2e0\n  ],\n  "s": "\\u0041"\n}\n';

const FILES = { 'lod/things/a.json': ODD, 'lod/things/fine.json': PLAIN, 'bc/hubs/h.json': '{"v":1}' };
const all = { paths: [], indent: 2, dryRun: false } as const;

test('documents are laid out alike, with order and spelling kept, as one change set', async () => {
  await using world = await openTestLarder(FILES);
  const report = await world.larder.maintenance.normalise(all, me);
  expect(report).toMatchObject({
    looked: 3,
    changed: ['bc/hubs/h.json', 'lod/things/a.json'],
    left: [],
    dry_run: false,
  });
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe(PLAIN);
  const sets = world
    .events()
    .slice(-2)
    .map((event) => event.change_set);
  expect(sets).toEqual([report.change_set, report.change_set]);
  expect(await world.larder.maintenance.normalise(all, me)).toMatchObject({ changed: [], change_set: null });
});

test('a plan writes nothing', async () => {
  await using world = await openTestLarder(FILES);
  const { seq } = world.larder;
  const planned = await world.larder.maintenance.normalise({ ...all, dryRun: true }, me);
  expect(planned).toMatchObject({ changed: ['bc/hubs/h.json', 'lod/things/a.json'], change_set: null, dry_run: true });
  expect([readFileSync(world.at('lod/things/a.json'), 'utf8'), world.larder.seq]).toEqual([ODD, seq]);
});

test('an edit that came meanwhile is never overwritten', async () => {
  await using world = await openTestLarder(FILES);
  world.save('lod/things/a.json', '{"edited":true}');
  await expect(world.larder.maintenance.normalise(all, me)).rejects.toMatchObject({ code: 'precondition_failed' });
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe('{"edited":true}');
  expect(readFileSync(world.at('bc/hubs/h.json'), 'utf8')).toBe('{"v":1}');
});

test('a broken file is left alone, and streams and files are none of its business', async () => {
  await using world = await openTestLarder({
    ...FILES,
    'lod/things/s.jsonl': '{"a":1}\n',
    'lod/files/f.json': '{"a":1}',
  });
  world.save('lod/things/a.json', '{"broken": ');
  await world.larder.rescan();
  const codes = (): string[] =>
    world.larder.problems({ collection: null, limit: 9, cursor: null }).items.map(({ code }) => code);
  await expect.poll(codes, { timeout: 25_000 }).toEqual(['invalid']);
  expect(await world.larder.maintenance.normalise(all, me)).toMatchObject({
    changed: ['bc/hubs/h.json'],
    left: ['lod/things/a.json'],
  });
  expect(readFileSync(world.at('lod/files/f.json'), 'utf8')).toBe('{"a":1}');
});

test('what a schema refuses by now is named in the plan as in the execution, and the rest goes on', async () => {
  await using world = await openTestLarder({ ...FILES, 'lod/things/bad.json': '{"n":"one"}' });
  world.save('lod/things/_schema.json', '{"properties":{"n":{"type":"number"}}}');
  await world.larder.rescan();
  const codes = (): string[] =>
    world.larder.problems({ collection: null, limit: 9, cursor: null }).items.map(({ path }) => path);
  await expect.poll(codes, { timeout: 25_000 }).toEqual(['lod/things/bad.json']);
  const refused = [
    { path: 'lod/things/bad.json', code: expect.any(String), detail: '/n: must be a number, is a string' },
  ];
  const changed = ['bc/hubs/h.json', 'lod/things/a.json'];
  expect(await world.larder.maintenance.normalise({ ...all, dryRun: true }, me)).toMatchObject({ changed, refused });
  expect(await world.larder.maintenance.normalise(all, me)).toMatchObject({ changed, refused });
  expect(readFileSync(world.at('lod/things/bad.json'), 'utf8')).toBe('{"n":"one"}');
  await world.larder[Symbol.asyncDispose]();
  const ran = await larder(world.root, 'normalise', 'lod/things/bad', '--yes');
  expect(ran).toMatchObject({ code: 3 });
  expect(ran.out).toContain(
    'left alone, it would be refused: lod/things/bad.json: /n: must be a number, is a string (',
  );
});

test.each(['closed', 'served'])('the command plans, and writes with --yes, on a root that is %s', async (how) => {
  await using world = await openTestLarder(FILES);
  await world.larder[Symbol.asyncDispose]();
  await using stack = new AsyncDisposableStack();
  if (how === 'served') stack.use(await serve(world.root));
  const planned = await larder(world.root, 'normalise', 'lod', '--indent', 'tab');
  expect(planned.out).toBe(
    'lod/things/a.json\nlod/things/fine.json\n2 of 2 documents would be laid out anew\nnothing is changed yet: --yes does it\n',
  );
  expect(await larder(world.root, 'normalise', 'bc/hubs/h.json', '--indent', '4', '--yes', '--json')).toMatchObject({
    code: 0,
    json: { looked: 1, changed: ['bc/hubs/h.json'] },
  });
  expect(readFileSync(world.at('bc/hubs/h.json'), 'utf8')).toBe('{\n    "v": 1\n}\n');
  const twice = ['lod/things/a', '/v1/lod/things/a', 'lod/things/a.json', world.at('lod/things/a.json')];
  expect(await larder(world.root, 'normalise', ...twice, '--json')).toMatchObject({
    code: 0,
    json: { looked: 1, changed: ['lod/things/a.json'] },
  });
  expect((await larder(world.root, 'normalise', 'none')).code).toBe(5);
  expect((await larder(world.root, 'normalise', '--indent', '9')).code).toBe(2);
});

import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTestLarder, type TestLarder } from './world.ts';

const schema = JSON.stringify({ type: 'object', properties: { v: { type: 'integer' } } });

const problems = ({ larder }: TestLarder): string[] =>
  larder
    .problems({ collection: null, limit: 1000, cursor: null })
    .items.map(({ code, document }) => `${code} ${document}`);

test('a new root is judged by its schemas from the first look on', async () => {
  // More documents than a batch, and names on either side of _schema.json.
  const documents = Object.fromEntries(
    Array.from({ length: 1200 }, (_, index) => [`lod/things/${index % 2 === 0 ? 'A' : 'z'}${index}.json`, '{"v": 1}']),
  );
  await using world = await openTestLarder({
    ...documents,
    'lod/things/A.json': '{"v": "no"}',
    'lod/things/z.json': '{"v": "no"}',
    'lod/things/deep/er.json': '{"v": "no"}',
    'lod/things/_schema.json': schema,
  });
  await expect
    .poll(() => problems(world).toSorted(), { timeout: 20_000 })
    .toEqual(['invalid A', 'invalid deep/er', 'invalid z']);
  expect((await world.read('z')).kind).toBe('problem');
  expect(world.larder.status().documents).toBe(1200);
});

test('a schema and documents that come together are judged together', async () => {
  await using world = await openTestLarder({ 'lod/other/a.json': '{}' });
  for (let index = 0; index < 20; index++) world.save(`lod/things/d${index}.json`, '{"v": "no"}');
  world.save('lod/things/_schema.json', schema);
  await world.larder.rescan();
  await expect.poll(() => problems(world).length, { timeout: 20_000 }).toBe(20);
  writeFileSync(world.at('lod/things/d3.json'), '{"v": 3}');
  expect(await world.text('d3')).toBe('{"v": 3}');
});

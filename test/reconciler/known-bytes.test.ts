import { utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../src/core/digest.ts';
import { examine, type KnownVersion } from '../../src/core/examine.ts';
import type { StatKey } from '../../src/core/stat-key.ts';
import { openTestLarder } from './world.ts';

const fault = { code: 'schema_required', detail: 'a name is missing' };

test('bytes that are still those of a sound version are not judged again, others are', () => {
  const look = { kind: 'file', bytes: new TextEncoder().encode('{"v": 1}') } as const;
  const judge = () => [fault];
  const sound = examine('lod/things/a.json', look, judge, { digest: digestOf(look.bytes), placedAs: null });
  expect(sound.verdict).toEqual({ kind: 'valid', warnings: [] });
  for (const known of [undefined, { digest: digestOf(new Uint8Array([1])), placedAs: null }]) {
    expect(examine('lod/things/a.json', look, judge, known).verdict).toEqual({ kind: 'invalid', faults: [fault] });
  }
});

test('bytes of a file that is as it was placed are not hashed, of any other they are', () => {
  const [placedAs, other] = ['9 1 2 3 4' as StatKey, '9 2 2 3 4' as StatKey];
  const look = { kind: 'file', bytes: new TextEncoder().encode('{"v": 1}'), key: placedAs } as const;
  const known = { digest: digestOf(new Uint8Array([1])), placedAs };
  const digestBy = (one: KnownVersion): Digest | null => examine('lod/things/a.json', look, () => [fault], one).digest;
  expect(digestBy(known)).toBe(known.digest);
  for (const unlike of [other, null]) expect(digestBy({ ...known, placedAs: unlike })).toBe(digestOf(look.bytes));
});

// A few files are looked at one by one, more in a worker.
test.each([3, 12])('of %i files touched without a change, those with a mark keep it', async (count) => {
  const paths = Array.from({ length: count }, (_, index) => `lod/things/a${index}.json`);
  const textOf = (index: number): string => (index % 2 === 0 ? `\uFEFF{"v": ${index}}` : `{"v": ${index}}`);
  await using world = await openTestLarder(Object.fromEntries(paths.map((path, index) => [path, textOf(index)])));
  const marks = (): Record<string, string> =>
    Object.fromEntries(
      world.larder.problems({ collection: null, cursor: null, limit: 100 }).items.map(({ path, code }) => [path, code]),
    );
  const marked = Object.fromEntries(paths.filter((_, index) => index % 2 === 0).map((path) => [path, 'warning']));
  expect(marks()).toEqual(marked);
  for (const path of paths) utimesSync(world.at(path), 1, 1);
  await world.larder.rescan();
  expect(marks()).toEqual(marked);
  expect(world.events()).toHaveLength(count);
});

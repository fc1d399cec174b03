import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { batchesOf, type Sized } from '../../src/reconciler/batches.ts';
import { openTestLarder } from './world.ts';

const MIB = 1024 * 1024;

const sized = (count: number, size: number): Sized[] =>
  Array.from({ length: count }, (_, n) => ({ path: `lod/things/d${n}.json`, size }));

const batches = (found: readonly Sized[]): readonly number[] =>
  [...batchesOf({ fs: nodeFileSystem, root: '/nowhere' }, found)].map(({ paths }) => paths.length);

test('small documents come by the hundred, large ones alone, and those that are only hashed count nothing', () => {
  expect(batches(sized(1200, 2000))).toEqual([500, 500, 200]);
  expect(batches(sized(3, 16 * MIB))).toEqual([1, 1, 1]);
  expect(batches(sized(20, 3 * MIB))).toEqual([5, 5, 5, 5]);
  expect(batches(sized(3, 100 * MIB))).toEqual([3]);
  expect(batches([...sized(1, 9 * MIB), ...sized(1, 100 * MIB), ...sized(1, 9 * MIB)])).toEqual([2, 1]);
  expect(batches([])).toEqual([]);
});

test('a size that nobody saw is looked up, and what is gone has none', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': `{"t": "${'x'.repeat(10 * MIB)}"}` });
  const found = ['a', 'gone', 'a'].map((id) => ({ path: `lod/things/${id}.json`, size: null }));
  const [first, second] = batchesOf({ fs: nodeFileSystem, root: world.root }, found);
  expect(first?.paths).toHaveLength(2);
  expect(first?.bytes).toBeGreaterThan(10 * MIB);
  expect(second?.paths).toHaveLength(1);
});

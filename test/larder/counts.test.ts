import { expect, test } from 'vitest';
import { openGuarded } from '../reconciler/guarded-world.ts';

test('files are counted where they lie, and are no documents', async () => {
  await using world = await openGuarded({
    'lod/things/a.json': '{}',
    'lod/files/a.txt': 'a',
    'lod/files/b/c.txt': 'c',
  });
  await world.until(() => world.larder.collections('lod')?.find(({ name }) => name === 'files')?.count === 2);
  expect(world.larder.status().documents).toBe(1);
  expect(world.larder.namespaces()).toMatchObject([{ name: 'lod', count: 1 }]);
  expect(world.larder.collections('lod')).toMatchObject([
    { name: 'files', count: 2 },
    { name: 'things', count: 1 },
  ]);
});

import { readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openLarder } from '../../src/larder.ts';
import { bytes, me, openTestLarder, ref } from '../reconciler/world.ts';

test('where somebody removes .larder, reads go on, writes say what to do, and another process takes nothing away', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const put = (v: number): Promise<unknown> =>
    world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v }) } }, me);
  await put(2);
  const text = readFileSync(world.at('lod/things/a.json'), 'utf8');
  rmSync(world.at('.larder'), { recursive: true });
  expect(world.larder.readiness()).toMatchObject({ ready: false, reasons: expect.arrayContaining(['larder-missing']) });
  const refused = { code: 'log_unwritable', message: expect.stringMatching(/put .*back .*start/) };
  await expect(put(3)).rejects.toMatchObject(refused);
  expect([await world.text('a'), readFileSync(world.at('lod/things/a.json'), 'utf8')]).toEqual([text, text]);
  // It knows nothing of the first: the lock went with the directory.
  await using second = await openLarder({ root: world.root, watcher: 'none' });
  await second.ready;
  await second.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 4 }) } }, me);
  const after = readFileSync(world.at('lod/things/a.json'), 'utf8');
  await expect(put(5)).rejects.toMatchObject({ code: 'log_unwritable' });
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe(after);
  expect(second.history(ref('a'), { before: null, limit: 10 })?.items).toHaveLength(2);
});

import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

test('a broken file that went with others is left out, and holds none of them back', async () => {
  await using world = await openWorld({
    files: { 'lod/d/a.json': { v: 1 }, 'lod/d/gone.json': { v: 1 }, 'lod/d/odd.json': '{"v": ' },
  });
  // A broken save waits for its writer before it is recorded.
  await expect
    .poll(async () => (await world.get('/v1/_problems')).text, { timeout: 20_000 })
    .toContain('"code":"invalid"');
  const before = world.larder.seq;
  for (const name of ['a', 'gone', 'odd']) unlinkSync(join(world.root, `lod/d/${name}.json`));
  await expect
    .poll(
      async () => (await world.larder.rescan(), world.larder.listDeleted('lod/d', { limit: 9, cursor: null })?.items),
      {
        timeout: 20_000,
      },
    )
    .toHaveLength(3);
  const undone = await world.ask('POST', '/v1/_undo', { body: { since: before } });
  expect(undone).toMatchObject({
    status: 200,
    json: { undone: 2, items: [{ id: 'a' }, { id: 'gone' }], left: [{ collection: 'lod/d', id: 'odd' }] },
  });
  const { seq } = (undone.json as { left: { seq: number }[] }).left[0] ?? { seq: 0 };
  expect((await world.get(`/v1/lod/d/odd/_history/${seq}`)).text).toBe('{"v": ');
  expect((await world.get('/v1/lod/d/a')).status).toBe(200);
  // By itself there is nothing to do for it, and that is said.
  const alone = await world.ask('POST', '/v1/_undo', { body: { collection: 'lod/d', document: 'odd' } });
  expect(alone).toMatchObject({ status: 409, json: { conflicts: [{ id: 'odd', why: 'invalid' }] } });
});

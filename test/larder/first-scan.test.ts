import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documents, openGuarded, type GuardedLarder } from '../reconciler/guarded-world.ts';
import { me } from '../reconciler/world.ts';

const openEdited = async (): Promise<GuardedLarder> => {
  const world = await openGuarded({
    ...documents(12),
    'lod/things/_schema.json': '{}',
    'lod/files/a.txt': 'as it was',
    'lod/things/run.jsonl': '{}\n',
  });
  // Files are recorded once they are quiet.
  await world.until(() => world.larder.collections('lod')?.find(({ name }) => name === 'files')?.count === 1);
  world.save('lod/things/d1.json', '{"v": "edited"}\n');
  world.save('lod/things/new.json', '{}\n');
  world.save('lod/files/a.txt', 'edited');
  await world.larder.rescan();
  await world.pass(4000);
  await world.larder.rescan();
  return world;
};

test.each([{ actor: 'hand' }, { since: 0 }, { since: '2000-01-01T00:00:00Z' }])(
  'an undo of %o takes back edits by hand, and nothing that was there before',
  async (asked) => {
    await using world = await openEdited();
    const { undone, schemas } = await world.larder.versions.undo(asked, me);
    expect([undone, schemas]).toEqual([3, []]);
    expect(world.ids()).toHaveLength(12);
    expect(await world.text('d1')).toBe('{"v": 1}\n');
    expect(readFileSync(world.at('lod/files/a.txt'), 'utf8')).toBe('as it was');
    expect(existsSync(world.at('lod/things/new.json'))).toBe(false);
    await expect(world.larder.versions.undo({ actor: 'hand', collection: 'none/none' }, me)).rejects.toMatchObject({
      code: 'not_found',
    });
  },
);

test('a document that was there before and did not change has nothing to undo', async () => {
  await using world = await openEdited();
  const untouched = { collection: 'lod/things', document: 'd2' };
  await expect(world.larder.versions.undo(untouched, me)).rejects.toMatchObject({ code: 'not_found' });
  expect(existsSync(world.at('lod/things/d2.json'))).toBe(true);
  await world.larder.versions.undo({ ...untouched, document: 'd1' }, me);
  expect(await world.text('d1')).toBe('{"v": 1}\n');
});

test('the first scan itself can be undone by its name', async () => {
  await using world = await openEdited();
  await world.larder.versions.undo({ actor: 'hand' }, me);
  await world.reopen();
  const session = 'first-scan';
  const planned = await world.larder.versions.undo({ session, collection: 'lod/things' }, me, { dryRun: true });
  expect(planned.undone).toBe(13);
  expect(world.events().filter((event) => event.session === session)).toHaveLength(15);
});

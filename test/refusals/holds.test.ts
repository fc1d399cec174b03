import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { me, put, Store } from './store.ts';

const NOTHING_SYNCS = {
  calls: ['fdatasync', 'fsync'],
  nth: 1,
  forever: true,
  outcome: { kind: 'error', code: 'ENOSPC' },
} as const;

const held = ({ larder }: Store): readonly string[] =>
  larder
    .problems({ collection: null, limit: 10, cursor: null })
    .items.flatMap(({ code, path }) => (code === 'held' ? [path] : []));

test('a hold that a full disk did not take is a problem once there is room, and ends once', async () => {
  await using store = await Store.open();
  for (let n = 0; n < 12; n += 1) await store.larder.write(put(`d${n}`, 'x'), me);
  await store.pass();
  store.disk.give([NOTHING_SYNCS]);
  const directory = join(store.root, 'lod/things');
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  for (let n = 0; n < 3; n += 1) {
    await store.larder.rescan();
    await store.pass();
  }
  expect(held(store), 'nothing can be recorded').toEqual([]);
  expect(store.larder.readiness().reasons).toContain('unrecorded');
  store.disk.heal();
  await store.settle();
  await store.larder.rescan();
  expect(held(store)).toEqual(['lod/things']);
  const ops = store.events().map(({ op }) => op);
  expect(ops.filter((op) => op === 'problem')).toHaveLength(1);
  expect(ops, 'nothing was deleted').not.toContain('delete');
});

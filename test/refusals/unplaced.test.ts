/** Versions that are durable in the log while the disk does not let them be put in place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { me, put, ref, Store } from './store.ts';

const onDisk = (store: Store, id: string): unknown =>
  JSON.parse(readFileSync(join(store.root, `lod/things/${id}.json`), 'utf8'));

const served = async (store: Store, id: string): Promise<unknown[]> => {
  const answer = await store.larder.read(ref(id));
  return answer.kind === 'served'
    ? [JSON.parse(Buffer.from(answer.bytes).toString()), answer.mark?.code ?? null]
    : [answer.kind];
};

const refusing = (calls: NonNullable<Fault['calls']>, nth: number): Fault => ({
  calls,
  nth,
  forever: true,
  outcome: { kind: 'error', code: 'EIO' },
});

test('a set that can neither be put in place nor taken back stands, is served from the log, and is put in place later', async () => {
  await using store = await Store.open();
  const both = (value: string) => ['a', 'b'].map((id) => put(id, value));
  await store.larder.writeAll(both('old'), me, { atomic: true });
  store.disk.give([refusing(['exchange'], 2)]);
  const results = await store.larder.writeAll(both('new'), me, { atomic: true });
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(onDisk(store, 'b'), 'one of them is not in place').toEqual({ value: 'old' });
  expect(await served(store, 'b')).toEqual([{ value: 'new' }, 'pending']);
  await expect(store.larder.write(put('b', 'newer'), me)).rejects.toMatchObject({ code: 'disk_failed' });
  expect(store.larder.readiness().reasons).toContain('disk-failing');
  expect(store.larder.status().checkpoint, 'a crash would redo it').toBeLessThan(store.larder.seq - 1);
  store.disk.heal();
  await store.settle();
  for (const id of ['a', 'b']) expect(await store.value(id)).toBe('new');
  expect(store.events().map(({ op, cause }) => [op, cause])).toEqual([
    ['create', 'api'],
    ['create', 'api'],
    ['update', 'api'],
    ['update', 'api'],
  ]);
});

test('a version that a crash left out of place is served while the disk is full, and put in place when there is room', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  store.disk.give([{ calls: ['exchange'], nth: 1, outcome: { kind: 'crash' } }]);
  await store.larder.write(put('a', 'new'), me).catch(() => {});
  await store.dieAndStart([
    { calls: ['write'], path: '.larder/tmp', nth: 1, forever: true, outcome: { kind: 'error', code: 'ENOSPC' } },
  ]);
  expect(onDisk(store, 'a')).toEqual({ value: 'old' });
  expect(await served(store, 'a')).toEqual([{ value: 'new' }, 'pending']);
  await store.larder.rescan();
  expect(await served(store, 'a'), 'what lies there is not taken for an edit').toEqual([{ value: 'new' }, 'pending']);
  await expect(store.larder.write(put('a', 'newer'), me)).rejects.toMatchObject({ code: 'disk_full' });
  store.disk.heal();
  await store.settle();
  expect(await store.value('a')).toBe('new');
  expect(store.events()).toHaveLength(2);
});

test('an edit by hand of a document that waits to be put in place wins', async () => {
  await using store = await Store.open();
  const both = (value: string) => ['a', 'b'].map((id) => put(id, value));
  await store.larder.writeAll(both('old'), me, { atomic: true });
  store.disk.give([refusing(['exchange'], 2)]);
  await store.larder.writeAll(both('new'), me, { atomic: true });
  store.save('b', 'by hand');
  store.disk.heal();
  await store.settle();
  expect([await store.value('a'), await store.value('b')]).toEqual(['new', 'by hand']);
});

test('a schema that waits to be put in place takes no other one on top', async () => {
  await using store = await Store.open();
  const putSchema = (title: string) =>
    store.larder.putSchema('lod/things', Buffer.from(JSON.stringify({ title })), me, undefined);
  await putSchema('old');
  store.disk.give([{ calls: ['exchange'], nth: 1, outcome: { kind: 'crash' } }]);
  await putSchema('new').catch(() => {});
  const [left = 'nothing'] = readdirSync(join(store.root, '.larder/tmp'));
  // At the start, by the first scan, and when the next write asks for it.
  const refusals = [1, 2, 3].map((nth) => ({
    ...refusing(['exchange'], nth),
    path: left.slice(0, 16),
    forever: false,
  }));
  await store.dieAndStart(refusals);
  await expect(putSchema('newer')).rejects.toMatchObject({ code: 'disk_failed' });
  await store.settle();
  await putSchema('newer');
  expect(JSON.parse(readFileSync(join(store.root, 'lod/things/_schema.json'), 'utf8'))).toEqual({ title: 'newer' });
});

/** Syncs that fail in the background: nothing is believed to be on the disk that was not synced under a descriptor of its own. */
import { closeSync, lstatSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { me, put, ref, Store } from './store.ts';

const eio = (more: Partial<Fault>): Fault => ({
  nth: 1,
  calls: ['fsync'],
  outcome: { kind: 'error', code: 'EIO' },
  ...more,
});

const inodeOf = (store: Store, id: string): number => lstatSync(join(store.root, `lod/things/${id}.json`)).ino;

async function until(store: Store, isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !isSo(); attempt += 1) await store.pass();
  expect(isSo()).toBe(true);
}

test('a file whose sync failed is written anew before the checkpoint passes it', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  await store.larder.write(put('a', 'new'), me);
  const inode = inodeOf(store, 'a');
  const { checkpoint } = store.larder.status();
  const disk = store.disk.give([eio({ path: 'things/a.json' })]);
  await until(store, () => disk.fired);
  expect(store.larder.status().checkpoint, 'the checkpoint stays').toBe(checkpoint);
  expect(store.larder.readiness().reasons).toEqual(['sync-failing']);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(inodeOf(store, 'a'), 'what is synced now is another file').not.toBe(inode);
  expect(disk.counts, 'the first one was asked once').toEqual([1]);
  expect(store.larder.readiness().reasons).toEqual([]);
  expect(await store.value('a')).toBe('new');
  expect(store.events().map(({ op }) => op)).toEqual(['create', 'update']);
});

test('where the disk goes on refusing, the checkpoint stays and health says so, until it works', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  const { checkpoint } = store.larder.status();
  store.disk.give([eio({ forever: true })]);
  for (let round = 0; round < 10; round += 1) await store.pass();
  expect(store.larder.status().checkpoint).toBe(checkpoint);
  expect(store.larder.readiness().reasons).toEqual(['sync-failing']);
  store.disk.heal();
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(store.larder.readiness().reasons).toEqual([]);
  expect(await store.value('a')).toBe('old');
});

test('what an editor saves into a file that was written anew is rescued by the next start', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  await store.larder.write(put('a', 'new'), me);
  const inode = inodeOf(store, 'a');
  const editor = openSync(join(store.root, 'lod/things/a.json'), 'r+');
  const disk = store.disk.give([eio({ path: 'things/a.json' })]);
  await until(store, () => disk.fired);
  for (let attempt = 0; attempt < 200 && inodeOf(store, 'a') === inode; attempt += 1) await store.step();
  expect(inodeOf(store, 'a')).not.toBe(inode);
  writeSync(editor, '{"value":"saved late"}', 0);
  closeSync(editor);
  await store.dieAndStart();
  const kinds = (): unknown[] =>
    store.larder.history(ref('a'), { before: null, limit: 10 })?.items.map(({ kind }) => kind) ?? [];
  await until(store, () => kinds().includes('rescued'));
  expect(JSON.parse(readFileSync(join(store.root, 'lod/things/a.json'), 'utf8'))).toEqual({ value: 'new' });
});

test('a stream that is too long to be kept holds up no checkpoint when its sync failed', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  const stream = join(store.root, 'lod/things/runs.jsonl');
  writeFileSync(stream, Buffer.alloc(17 * 1024 * 1024, '{"a": "line"}\n'));
  await store.larder.rescan();
  const inode = lstatSync(stream).ino;
  const disk = store.disk.give([eio({ path: 'runs.jsonl' })]);
  await until(store, () => disk.fired);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(store.larder.readiness().reasons).toEqual([]);
  expect(lstatSync(stream).ino, 'whoever appends to it goes on').toBe(inode);
});

test('a directory whose sync failed holds up its documents, and no others', async () => {
  await using store = await Store.open();
  await store.larder.write(put('x/a', 'old'), me);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  await store.larder.write(put('y/b', 'old'), me);
  await store.larder.write(put('x/c', 'old'), me);
  const disk = store.disk.give([eio({ path: 'things/x', nth: 2 })]);
  await until(store, () => disk.fired);
  expect(store.larder.status().checkpoint, 'up to what is before it').toBe(store.larder.seq - 1);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(await store.value('x/c')).toBe('old');
});

test('a deletion whose directory could not be synced, once or twice, is passed by no checkpoint before it could', async () => {
  await using store = await Store.open();
  await store.larder.write(put('x/a', 'old'), me);
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  const { checkpoint } = store.larder.status();
  await store.larder.write({ ref: ref('x/a'), change: { op: 'delete' } }, me);
  for (const attempt of [1, 2]) {
    const disk = store.disk.give([eio({ path: 'things/x' })]);
    await until(store, () => disk.fired);
    expect(store.larder.status().checkpoint, `attempt ${attempt}`).toBe(checkpoint);
    expect(store.larder.readiness().reasons).toEqual(['sync-failing']);
  }
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(store.larder.readiness().reasons).toEqual([]);
  expect(await store.value('x/a')).toBeNull();
});

test('an edit by hand of a file that is suspect is kept, and synced as what it is', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'old'), me);
  const disk = store.disk.give([eio({ path: 'things/a.json' })]);
  await until(store, () => disk.fired);
  store.save('a', 'by hand');
  await until(store, () => store.larder.status().checkpoint === store.larder.seq);
  expect(await store.value('a')).toBe('by hand');
  expect(store.events().map(({ op, cause }) => [op, cause])).toEqual([
    ['create', 'api'],
    ['update', 'hand'],
  ]);
});

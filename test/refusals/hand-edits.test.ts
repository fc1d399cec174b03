/** Edits by hand that land in the middle of a write, with files exchanged and without. */
import { closeSync, ftruncateSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { me, put, ref, Store } from './store.ts';

const fileOf = (store: Store, id: string): string => join(store.root, `lod/things/${id}.json`);

/** As editors do that write another file and rename it. */
function replace(store: Store, id: string, value: string): void {
  writeFileSync(join(store.root, 'lod/things/.saving'), JSON.stringify({ value }));
  renameSync(join(store.root, 'lod/things/.saving'), fileOf(store, id));
}

/** Every version of a document that history has, oldest first. */
async function versions(store: Store, id: string): Promise<string[]> {
  const items = store.larder.history(ref(id), { before: null, limit: 50 })?.items ?? [];
  const texts: string[] = [];
  for (const { seq, kind, cause } of items.toReversed()) {
    const version = await store.larder.readVersion(ref(id), seq);
    const bytes = version.kind === 'served' ? Buffer.from(version.bytes).toString() : '{}';
    texts.push(`${kind} ${cause} ${(JSON.parse(bytes) as { value: string }).value}`);
  }
  return texts;
}

/** Until everything that came out of the tree was dealt with. */
async function settled(store: Store): Promise<void> {
  await store.pass();
  await store.leftInTmp();
  await store.larder.rescan();
}

describe.each([
  { how: 'exchange', without: [] as const, call: 'exchange' as const },
  { how: 'link, compare and rename', without: ['exchange'] as const, call: 'link' as const },
])('where files are put in place by $how', ({ without, call }) => {
  test('an edit found by the look before the swap stays, as the version after the write', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    store.disk.justBefore('fdatasync', () => replace(store, 'a', 'by hand'));
    const written = await store.larder.write(put('a', 'new'), me);
    await settled(store);
    expect(await store.value('a')).toBe('by hand');
    expect(await versions(store, 'a')).toEqual(['valid api old', 'valid api new', 'valid hand by hand']);
    expect(store.events().find(({ seq }) => seq === written.seq)).toMatchObject({ cause: 'api', digest: written.etag });
  });

  test('an edit that lands after the last look is kept as a version of its own', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    store.disk.justBefore(call, () => replace(store, 'a', 'by hand'));
    await store.larder.write(put('a', 'new'), me);
    await settled(store);
    const found = await versions(store, 'a');
    expect(found.some((one) => one.endsWith('by hand'))).toBe(true);
    expect(found).toContain('valid api new');
    expect(await store.leftInTmp()).toEqual([]);
  });

  test('what an editor saves into the file that was replaced is kept, within 2 s and over a restart', async () => {
    await using store = await Store.open(without);
    for (const id of ['a', 'b']) await store.larder.write(put(id, 'old'), me);
    const editors = ['a', 'b'].map((id) => openSync(fileOf(store, id), 'r+'));
    await store.larder.write(put('a', 'new'), me);
    const save = (fd: number | undefined, value: string): void => {
      const text = JSON.stringify({ value });
      writeSync(fd ?? -1, text, 0);
      ftruncateSync(fd ?? -1, text.length);
      closeSync(fd ?? -1);
    };
    save(editors[0], 'saved late');
    await settled(store);
    expect(await versions(store, 'a')).toEqual(['valid api old', 'valid api new', 'rescued hand saved late']);
    await store.larder.write(put('b', 'new'), me);
    save(editors[1], 'saved before the process died');
    await store.dieAndStart();
    await settled(store);
    expect(await versions(store, 'b')).toEqual([
      'valid api old',
      'valid api new',
      'rescued hand saved before the process died',
    ]);
    expect(await store.larder.read(ref('b'))).toMatchObject({ kind: 'served', mark: { code: 'rescued' } });
    expect(await store.leftInTmp()).toEqual([]);
  });

  test('a deletion keeps what was edited at the last moment', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    store.disk.justBefore('rename', () => replace(store, 'a', 'by hand'));
    await store.larder.write({ ref: ref('a'), change: { op: 'delete' } }, me);
    await settled(store);
    expect((await versions(store, 'a')).some((one) => one.endsWith('by hand'))).toBe(true);
  });

  test('a file that appears where a new document goes is not replaced', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    store.disk.justBefore('renameNoReplace', () => replace(store, 'b', 'by hand'));
    await store.larder.write(put('b', 'new'), me);
    await settled(store);
    expect(await store.value('b')).toBe('by hand');
    expect(await versions(store, 'b')).toEqual(['valid api new', 'valid hand by hand']);
  });
});

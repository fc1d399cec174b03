/** On a real disk without a free byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder } from '../../src/larder.ts';
import { saveInPlace } from './hand.ts';
import { canMount, smallDisk, type SmallDisk } from './small-disk.ts';
import { me, put, ref } from './store.ts';

const MOUNTS = canMount();
const skip = MOUNTS ? '' : ' (skipped: needs mount)';
const PATIENCE = { timeout: 30_000, interval: 50 };

async function open({ path }: SmallDisk): Promise<Larder> {
  const larder = await openLarder({ root: path, watcher: 'none' });
  await larder.ready;
  return larder;
}

const textOf = async (larder: Larder, id: string): Promise<string | null> => {
  const answer = await larder.read(ref(id));
  return answer.kind === 'served' ? Buffer.from(answer.bytes).toString() : null;
};

const markOf = async (larder: Larder, id: string): Promise<string | null> => {
  const answer = await larder.read(ref(id));
  return answer.kind === 'served' ? (answer.mark?.code ?? null) : 'not served';
};

const SIZE = 12_000;
const textWith = (value: number): string => `{"value": ${value}, "fill": "${'x'.repeat(SIZE)}"}`;

/** Edits a document by hand until the log has no room for what it has become. */
async function editUntilUnrecorded(larder: Larder, disk: SmallDisk, id: string): Promise<string> {
  for (let value = 1000; value < 2000; value += 1) {
    const text = textWith(value);
    saveInPlace(join(disk.path, `lod/things/${id}.json`), text);
    disk.fill();
    expect(await textOf(larder, id), 'what is on the disk is served').toBe(text);
    if ((await markOf(larder, id)) === 'unrecorded') return text;
  }
  throw new Error('the log never filled up');
}

test.skipIf(!MOUNTS)(
  `a full disk refuses writes and stops no read, and what was missed is recorded by itself${skip}`,
  async () => {
    using disk = smallDisk(8);
    let larder = await open(disk);
    for (const id of ['a', 'b', 'c'])
      await larder.write({ ref: ref(id), change: { op: 'put', body: Buffer.from(textWith(1)) } }, me);
    disk.fill();
    await expect(larder.write(put('new', 'x'), me)).rejects.toMatchObject({ code: 'disk_full' });
    const before = await textOf(larder, 'b');
    await expect(larder.write(put('b', 'x'), me)).rejects.toMatchObject({ code: 'disk_full' });
    expect(await textOf(larder, 'b'), 'nothing was changed').toBe(before);
    expect(readFileSync(join(disk.path, 'lod/things/b.json'), 'utf8')).toBe(before);
    expect(await textOf(larder, 'new')).toBeNull();

    const edited = await editUntilUnrecorded(larder, disk, 'a');
    const { seq } = larder;
    expect(larder.readiness()).toMatchObject({ ready: true });
    expect(larder.readiness().reasons).toEqual(expect.arrayContaining(['disk-full', 'unrecorded']));
    expect(larder.problems({ collection: null, limit: 10, cursor: null }).items).toMatchObject([
      { code: 'unrecorded' },
    ]);
    expect(larder.list('lod/things', { limit: 10, prefix: null, cursor: null })?.items.map(({ id }) => id)).toEqual([
      'a',
      'b',
      'c',
    ]);
    await expect(larder.write(put('a', 'x'), me)).rejects.toMatchObject({ code: 'disk_full' });

    await larder[Symbol.asyncDispose]();
    disk.fill();
    larder = await open(disk);
    expect(await textOf(larder, 'a'), 'also after a restart').toBe(edited);
    expect(await textOf(larder, 'b')).toBe(before);
    expect(larder.list('lod/things', { limit: 10, prefix: null, cursor: null })?.items.map(({ id }) => id)).toEqual([
      'a',
      'b',
      'c',
    ]);
    await expect(larder.write(put('b', 'x'), me)).rejects.toMatchObject({ code: 'disk_full' });

    disk.free();
    await expect.poll(() => larder.readiness().reasons, PATIENCE).toEqual(['catalog-elsewhere']);
    expect(await markOf(larder, 'a')).toBeNull();
    const page = larder.changes({ kind: 'all' }, { since: seq }, 10, null);
    expect(page.kind === 'range' && page.events.map(({ op, id, cause }) => [op, id, cause])).toEqual([
      ['update', 'a', 'hand'],
    ]);
    await larder.write(put('b', 'x'), me);
    const told = larder.seq;
    await larder[Symbol.asyncDispose]();
    larder = await open(disk);
    expect(larder.readiness().reasons, 'the next start has room for its catalog').toEqual([]);
    expect(larder.seq, 'and nothing to tell').toBe(told);
    expect(await textOf(larder, 'b')).toContain('x');
    await larder[Symbol.asyncDispose]();
  },
  120_000,
);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CatalogError } from '../../src/catalog/catalog-error.ts';
import { openCatalog } from '../../src/catalog/catalog.ts';
import type { Catalog, ToApply } from '../../src/catalog/types.ts';
import type { EventFrame, LoggedEntry, Seq } from '../../src/core/events.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { StatKey } from '../../src/core/stat-key.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock, type SimulatedClock } from '../../src/host/simulated-clock.ts';

interface CatalogWorld extends Disposable {
  readonly catalog: Catalog;
  /** What the files of the catalog say, to somebody who remembers nothing. */
  readonly reopened: () => Catalog;
  readonly clock: SimulatedClock;
}

function openWorld(fs: FileSystem = nodeFileSystem): CatalogWorld {
  const directory = mkdtempSync(join(tmpdir(), 'larder-gathering-'));
  const clock = simulatedClock();
  const open = (): Catalog => openCatalog({ directory, logId: 'log', fs, clock });
  const catalogs = [open()];
  const [catalog] = catalogs as [Catalog];
  return {
    catalog,
    clock,
    reopened() {
      const again = open();
      catalogs.push(again);
      return again;
    },
    [Symbol.dispose]() {
      for (const one of catalogs) one[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

function entryOf(seq: Seq, path: string, more: Partial<LoggedEntry> = {}): LoggedEntry {
  const bytes = Buffer.from(`{"seq":${seq}}`);
  return {
    seq,
    op: 'create',
    path,
    kind: 'valid',
    digest: digestOf(bytes),
    size: bytes.length,
    before: null,
    modifiedMs: 1000 + seq,
    placed: { ino: BigInt(seq), birthtimeNs: 5n, mtimeNs: 6n },
    body: { in: 'log', segment: 1, offset: seq * 100, length: bytes.length, encoding: 'raw' },
    ...more,
  };
}

const frameOf = (...entries: readonly LoggedEntry[]): EventFrame => ({
  type: 'events',
  kind: 'change',
  origin: { atMs: 1_700_000_000_000, actor: 'local', cause: 'api', changeSet: `set${entries[0]?.seq}` },
  entries,
});

const toApply = (frame: EventFrame, seen: ToApply['seen'] = () => undefined): ToApply => ({
  frame,
  seen,
  content: ({ seq }) => ({ text: `{"seq":${seq}}`, searchText: '' }),
});

const seenAs = (key: string) => (): { key: StatKey; clean: boolean } => ({ key: key as StatKey, clean: true });

test('the head of a path is the same before and after what was gathered is committed', () => {
  using world = openWorld();
  const { catalog } = world;
  const paths = ['ns/c/a.json', 'ns/c/sub/b.json', 'ns/c/stream.jsonl', 'ns/files/some/file.bin', 'ns/c/seen.json'];
  const frames = paths.map((path, index) => toApply(frameOf(entryOf(index + 1, path))));
  frames.push(toApply(frameOf(entryOf(6, 'ns/c/a.json', { op: 'update' }))));
  frames.push(toApply(frameOf(entryOf(7, 'ns/c/seen.json', { op: 'update' })), seenAs('1 2 3 4 5')));
  expect(frames.map((one) => catalog.gather([one]) !== null)).toEqual(frames.map(() => true));
  const gathered = paths.map((path) => catalog.head(path));
  expect(catalog.reached, 'asking for it commits').toBe(7);
  expect(paths.map((path) => catalog.head(path))).toEqual(gathered);
  const reopened = world.reopened();
  expect(paths.map((path) => reopened.head(path))).toEqual(gathered);
});

test('a head that is remembered from a commit gives way to what comes later, and so do those beside it', () => {
  using world = openWorld();
  const { catalog } = world;
  const gather = (entry: LoggedEntry): unknown => catalog.gather([toApply(frameOf(entry))]);
  const seqs = (): unknown[] => ['a', 'b'].map((id) => catalog.head(`ns/c/${id}.json`)?.servedSeq);
  for (const [index, id] of ['a', 'b'].entries()) gather(entryOf(index + 1, `ns/c/${id}.json`));
  expect([catalog.reached, seqs()]).toEqual([2, [1, 2]]);
  gather(entryOf(3, 'ns/c/a.json', { op: 'update' }));
  expect([catalog.reached, seqs()]).toEqual([3, [3, 2]]);
  void catalog.apply([toApply(frameOf(entryOf(4, 'ns/c/b.json', { op: 'update' })))]);
  expect(seqs()).toEqual([3, 4]);
  catalog.noteSeen([{ path: 'ns/c/a.json', seen: { key: '2 2 2 2 2' as StatKey, clean: true } }]);
  expect(catalog.head('ns/c/a.json')?.stat).toBe('2 2 2 2 2');
});

test('a list, a history and the feed show what was gathered at once', () => {
  using world = openWorld();
  const { catalog } = world;
  const gather = (seq: Seq): unknown => catalog.gather([toApply(frameOf(entryOf(seq, `ns/c/d${seq}.json`)))]);
  const listed = (): string[] => catalog.list('ns/c', { after: null, prefix: null, limit: 9 }).map(({ id }) => id);
  gather(1);
  expect(listed()).toEqual(['d1']);
  gather(2);
  expect(catalog.history('ns/c/d2.json', { before: null, limit: 9 }).map(({ seq }) => seq)).toEqual([2]);
  gather(3);
  expect(catalog.events({ kind: 'all' }, 0, 9).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  gather(4);
  expect(catalog.pathFoldedAs('ns/c/d4.json', 'ns/c/D4.json')).toBe('ns/c/d4.json');
});

test('what nobody asks for is committed after a moment, and the promise tells', async () => {
  using world = openWorld();
  const committed = world.catalog.gather([toApply(frameOf(entryOf(1, 'ns/c/a.json')))]);
  await world.clock.advance(1000);
  await committed;
  expect(world.catalog.reached).toBe(1);
});

test('what is seen of a gathered path is what was there when it was gathered, also after a later note', () => {
  using world = openWorld();
  const { catalog } = world;
  void catalog.gather([toApply(frameOf(entryOf(1, 'ns/c/a.json')), seenAs('1 1 1 1 1'))]);
  catalog.noteSeen([{ path: 'ns/c/a.json', seen: { key: '2 2 2 2 2' as StatKey, clean: true } }]);
  expect(catalog.head('ns/c/a.json')).toMatchObject({ stat: '2 2 2 2 2', clean: true });
});

test('deletions, moves, problems and documents with a problem are not held back', () => {
  using world = openWorld();
  const { catalog } = world;
  const gathers = (entry: LoggedEntry): boolean => catalog.gather([toApply(frameOf(entry))]) !== null;
  expect(gathers(entryOf(1, 'ns/c/a.json'))).toBe(true);
  expect(gathers(entryOf(2, 'ns/c/a.json', { op: 'delete', kind: 'deleted', digest: null }))).toBe(false);
  expect(gathers(entryOf(2, 'ns/c/b.json', { op: 'move', from: 'ns/c/a.json' }))).toBe(false);
  expect(gathers(entryOf(2, 'ns/c/a.json', { op: 'problem', kind: 'invalid' }))).toBe(false);
  const fault = { code: 'type', detail: 'wrong' };
  const mark = {
    path: 'ns/c/a.json',
    code: 'invalid',
    sinceMs: 1,
    digest: digestOf(Buffer.from('{"seq":1}')),
    faults: [fault],
  } as const;
  catalog.setDerived(new Map([[mark.path, { digest: mark.digest, problems: [mark] }]]));
  expect(gathers(entryOf(2, 'ns/c/a.json', { op: 'update' }))).toBe(false);
  expect(gathers(entryOf(2, 'ns/c/c.json'))).toBe(true);
});

test('marks of bytes that are not served any more neither come nor end those that are there', async () => {
  using world = openWorld();
  const { catalog } = world;
  const path = 'ns/c/a.json';
  const [former, served] = [1, 2].map((seq) => digestOf(Buffer.from(`{"seq":${seq}}`)));
  if (!former || !served) throw new Error('no digests');
  const mark = { path, code: 'invalid', sinceMs: 1, digest: served, faults: [] } as const;
  await catalog.apply([toApply(frameOf(entryOf(1, path)))]);
  await catalog.apply([toApply(frameOf(entryOf(2, path, { op: 'update' })))]);
  catalog.setDerived(new Map([[path, { digest: former, problems: [{ ...mark, digest: former }] }]]));
  expect(catalog.hasDerived(path, 'invalid')).toBe(false);
  catalog.setDerived(new Map([[path, { digest: served, problems: [mark] }]]));
  catalog.setDerived(new Map([[path, { digest: former, problems: [] }]]));
  expect(catalog.hasDerived(path, 'invalid')).toBe(true);
});

test('a set of many documents is applied by itself, behind what was gathered', async () => {
  using world = openWorld();
  const { catalog } = world;
  const gathered = catalog.gather([toApply(frameOf(entryOf(1, 'ns/c/a.json')))]);
  const many = frameOf(...Array.from({ length: 100 }, (_, index) => entryOf(index + 2, `ns/c/m${index}.json`)));
  expect(catalog.gather([toApply(many)])).toBeNull();
  await catalog.apply([toApply(many)]);
  await gathered;
  expect(catalog.collection('ns/c')?.count).toBe(101);
});

test('closing commits what was gathered', () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-gathering-'));
  const open = (): Catalog => openCatalog({ directory, logId: 'log', fs: nodeFileSystem, clock: simulatedClock() });
  {
    using catalog = open();
    void catalog.gather([toApply(frameOf(entryOf(1, 'ns/c/a.json')))]);
  }
  using again = open();
  expect(again.reached).toBe(1);
  rmSync(directory, { recursive: true });
});

test('what could not be committed is known until it is applied', async () => {
  using world = openWorld();
  const { catalog } = world;
  const frame = frameOf(entryOf(1, 'ns/c/a.json'));
  const refused = catalog.gather([
    {
      ...toApply(frame),
      content: () => {
        throw new CatalogError('full', 'no room');
      },
    },
  ]);
  expect(catalog.reached).toBe(0);
  await expect(refused).rejects.toThrow('no room');
  expect(catalog.head('ns/c/a.json')).toMatchObject({ servedSeq: 1 });
  expect(catalog.gather([toApply(frameOf(entryOf(2, 'ns/c/b.json')))]), 'nothing is held back behind it').toBeNull();
  await catalog.apply([toApply(frame)]);
  await catalog.apply([toApply(frameOf(entryOf(2, 'ns/c/a.json', { op: 'delete', kind: 'deleted', digest: null })))]);
  expect(catalog.head('ns/c/a.json'), 'the tables speak again').toBeUndefined();
});

test('where little room is left nothing is held back', () => {
  const space = { freeBytes: 1024 * 1024, totalBytes: 1e9 };
  using world = openWorld({ ...nodeFileSystem, space: () => space });
  const gathers = (seq: Seq): boolean =>
    world.catalog.gather([toApply(frameOf(entryOf(seq, `ns/c/d${seq}.json`)))]) !== null;
  expect(gathers(1)).toBe(false);
  space.freeBytes = 1e9;
  expect(gathers(1)).toBe(true);
});

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LoggedEntry } from '../../src/core/events.ts';
import { openEventLog } from '../../src/events/event-log.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openLarder } from '../../src/larder.ts';
import { rescue } from '../../src/maintain/rescue/rescue.ts';
import { openTarget } from '../../src/maintain/rescue/target.ts';
import type { RescueReport } from '../../src/maintain/rescue/types.ts';
import { append, bytesFor, change, entry } from '../events/world.ts';
import { me, openTestLarder, ref } from '../reconciler/world.ts';
import { flipBitAt, segmentsOf, traceOf } from './verify-world.ts';

interface Rescued extends Disposable, RescueReport {
  text(path: string): string | null;
  listed(): {
    readonly path: string;
    readonly seq: number;
    readonly files: readonly string[];
    readonly why?: string;
  }[];
}

function rescueFrom(root: string, allVersions = false): Rescued {
  const target = mkdtempSync(join(tmpdir(), 'larder-rescue-'));
  const report = rescue({ root, target, allVersions, onProgress: () => {} });
  const text = (path: string): string | null =>
    existsSync(join(target, path)) ? readFileSync(join(target, path), 'utf8') : null;
  return {
    ...report,
    text,
    listed: () =>
      (text('versions.ndjson') ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    [Symbol.dispose]: () => rmSync(target, { recursive: true, force: true }),
  };
}

const FILES = {
  'lod/things/a.json': '{"name": "first of a"}',
  'lod/things/b.json': '{"name": "only b"}',
} as const;

test('a log with a flipped bit refuses to open, is rescued, moved away, and the root starts with a new history', async () => {
  await using world = await openTestLarder(FILES);
  const put = (id: string, text: string): Promise<unknown> =>
    world.larder.write({ ref: ref(id), change: { op: 'put', body: Buffer.from(text) } }, me);
  await put('a', '{"name": "second of a"}');
  await put('c', '{"name": "only c"}');
  await world.larder.write({ ref: ref('c'), change: { op: 'delete' } }, me);
  await world.larder[Symbol.asyncDispose]();
  const [segment = ''] = segmentsOf(world.root);
  // A stop that was not orderly, so that opening walks the segment.
  const at = flipBitAt(segment, 'lod/things/c.json');
  rmSync(join(world.root, '.larder/derived'), { recursive: true });
  const before = traceOf(world.root);
  using rescued = rescueFrom(world.root);
  expect(traceOf(world.root)).toEqual(before);
  expect(rescued.gaps).toHaveLength(1);
  expect(rescued.gaps[0]).toMatchObject({ segment });
  expect(rescued.gaps[0]?.from).toBeLessThan(at);
  expect(rescued.text('newest/lod/things/a.json')).toContain('second of a');
  expect(rescued.text('newest/lod/things/b.json')).toContain('only b');
  renameSync(join(world.root, '.larder/log'), join(world.root, 'log-damaged'));
  await using anew = await openLarder({ root: world.root, watcher: 'none' });
  await anew.ready;
  expect(anew.list('lod/things', { limit: 10, prefix: null, cursor: null })?.items.map(({ id }) => id)).toEqual([
    'a',
    'b',
  ]);
});

async function openAndClose(root: string): Promise<void> {
  await using larder = await openLarder({ root, watcher: 'none' });
  await larder.ready;
}

test('opening a log that is damaged in the middle names segment, place and the way out', async () => {
  await using world = await openTestLarder(FILES);
  for (const [id, text] of [
    ['a', '{"v": 2}'],
    ['c', '{"v": 3}'],
    ['d', '{"v": 4}'],
  ] as const)
    await world.larder.write({ ref: ref(id), change: { op: 'put', body: Buffer.from(text) } }, me);
  await world.larder[Symbol.asyncDispose]();
  const [segment = ''] = segmentsOf(world.root);
  flipBitAt(segment, 'lod/things/c.json');
  rmSync(join(world.root, '.larder/derived'), { recursive: true });
  await expect(openAndClose(world.root)).rejects.toMatchObject({
    code: 'log_damaged',
    members: { segment },
    message: expect.stringContaining('larder rescue DIR'),
  });
});

test('every version is written where that is asked for, deleted documents too', async () => {
  await using world = await openTestLarder(FILES);
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"name": "second"}') } }, me);
  await world.larder.write({ ref: ref('b'), change: { op: 'delete' } }, me);
  await world.larder[Symbol.asyncDispose]();
  using rescued = rescueFrom(world.root, true);
  const [first, , second] = rescued.listed();
  expect([first?.path, second?.path]).toEqual(['lod/things/a.json', 'lod/things/a.json']);
  expect(rescued.text(`versions/lod/things/a.json/${first?.seq}-valid`)).toBe(FILES['lod/things/a.json']);
  expect(rescued.text(`versions/lod/things/a.json/${second?.seq}-valid`)).toContain('second');
  expect(rescued.text('newest/lod/things/b.json')).toBe(FILES['lod/things/b.json']);
  expect(rescued).toMatchObject({ versions: 3, written: 3, paths: 2, unreadable: 0, gaps: [] });
});

test('without that, the list says of which version the file is, and why others have none', async () => {
  await using world = await openTestLarder(FILES);
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"name": "second"}') } }, me);
  await world.larder[Symbol.asyncDispose]();
  using rescued = rescueFrom(world.root);
  const ofA = rescued.listed().filter(({ path }) => path === 'lod/things/a.json');
  expect(ofA.map(({ files }) => files)).toEqual([[], ['newest/lod/things/a.json']]);
  expect(ofA[0]?.why).toContain('--all-versions');
  expect(rescued.text('newest/lod/things/a.json')).toContain('second');
  expect(rescued).toMatchObject({ versions: 3, written: 2, paths: 2 });
});

test('a version whose bytes are damaged leaves the one before it as the newest, and is listed', async () => {
  await using world = await openTestLarder(FILES);
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: Buffer.from('{"name": "second"}') } }, me);
  await world.larder[Symbol.asyncDispose]();
  flipBitAt(segmentsOf(world.root)[0] ?? '', '"second"');
  using rescued = rescueFrom(world.root);
  expect(rescued).toMatchObject({ unreadable: 1, gaps: [] });
  expect(rescued.text('newest/lod/things/a.json')).toBe(FILES['lod/things/a.json']);
  expect(rescued.listed().filter(({ why }) => why?.includes('damaged'))).toHaveLength(1);
});

test('nothing is written into the root, or over anything', async () => {
  await using world = await openTestLarder(FILES);
  await world.larder[Symbol.asyncDispose]();
  const into = (target: string) => () => rescue({ root: world.root, target, allVersions: false, onProgress: () => {} });
  expect(into(join(world.root, 'rescued'))).toThrow(expect.objectContaining({ code: 'bad_usage' }));
  using rescued = rescueFrom(world.root);
  expect(rescued.paths).toBe(2);
  const full = mkdtempSync(join(tmpdir(), 'larder-rescue-'));
  writeFileSync(join(full, 'mine'), '');
  expect(into(full)).toThrow(expect.objectContaining({ code: 'bad_usage', message: expect.stringContaining(full) }));
  rmSync(full, { recursive: true });
});

test('what is rescued stays where another version wants the same place, as on a file system that knows no case', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-target-'));
  try {
    using target = openTarget(nodeFileSystem, directory, '/elsewhere');
    const where = { isNewest: true, allVersions: false };
    const first = { path: 'lod/things/a.json', seq: 1, kind: 'valid' } as LoggedEntry;
    expect(target.write(first, Buffer.from('first'), where)).toEqual(['newest/lod/things/a.json']);
    expect(target.write({ ...first, seq: 2 }, Buffer.from('second'), where)).toEqual([]);
    expect(readFileSync(join(directory, 'newest/lod/things/a.json'), 'utf8')).toBe('first');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a write that was taken back is no newest version', async () => {
  const root = mkdtempSync(join(tmpdir(), 'larder-refused-'));
  try {
    const log = await openEventLog({
      fs: nodeFileSystem,
      clock: systemClock,
      random: systemRandom,
      directory: join(root, '.larder/log'),
      durability: 'sync',
      rootIdentity: '1:2',
    });
    await append(log, 'a', 'b');
    const again = { ...entry('a', 60), op: 'update' } as const;
    const { frame, synced } = log.append(change(again));
    await synced;
    const seqs = frame.type === 'events' ? frame.entries.map(({ seq }) => seq) : [];
    await log.append({ type: 'abort', seqs }).synced;
    await log.close(true);
    using rescued = rescueFrom(root);
    expect(rescued.text('newest/ns/c/a.json')).toBe(Buffer.from(bytesFor('a')).toString());
    expect(rescued.listed().map(({ seq, why }) => [seq, why])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 'its write was refused; --all-versions writes it too'],
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

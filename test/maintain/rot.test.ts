import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { Scrubber } from '../../src/reconciler/scrubber.ts';
import type { World } from '../../src/reconciler/world.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { statKeyOf } from '../../src/core/stat-key.ts';
import { openGuarded, type GuardedLarder } from '../reconciler/guarded-world.ts';
import { me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';
import { tamper, verifyOpen } from './verify-world.ts';

/** A disk that gives other bytes for some files than were written, as a bad sector does: every stat is as it was. */
function rottingDisk(): FileSystem & { readonly rotten: Set<string> } {
  const rotten = new Set<string>();
  const fs = faultyFileSystem(nodeFileSystem, []);
  const opened = new Map<number, string>();
  const [open, read, close] = [fs.open.bind(fs), fs.read.bind(fs), fs.close.bind(fs)];
  return Object.assign(fs, {
    rotten,
    open(path: string, ...rest: [Parameters<FileSystem['open']>[1], number?]) {
      const fd = open(path, ...rest);
      opened.set(fd, path);
      return fd;
    },
    read(...args: Parameters<FileSystem['read']>) {
      const [fd, buffer, offset] = args;
      const count = read(...args);
      const isRotten = [...rotten].some((name) => opened.get(fd)?.endsWith(name));
      if (isRotten && count > 2) buffer[offset + 2] = (buffer[offset + 2] ?? 0) ^ 1;
      return count;
    },
    close(fd: number) {
      opened.delete(fd);
      close(fd);
    },
  });
}

const FILES = { 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 2}' };

async function withRot(): Promise<{ world: GuardedLarder; disk: ReturnType<typeof rottingDisk> }> {
  const disk = rottingDisk();
  const world = await openGuarded(FILES, disk);
  // A file is believed by its stat once it was read a moment after its last change.
  await world.pass(1000);
  await world.larder.rescan();
  disk.rotten.add('things/a.json');
  return { world, disk };
}

const codes = (world: GuardedLarder): string[] => world.problems().map(({ code, path }) => `${code} ${path}`);

test('what was written through the API rots like anything else, and no patch carries that on', async () => {
  const disk = rottingDisk();
  await using world = await openGuarded(FILES, disk);
  const body = Buffer.from('{"v": 7, "n": 1}');
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body } }, me);
  await world.pass(10_000);
  await world.larder.rescan();
  disk.rotten.add('things/a.json');
  const patch = { op: 'merge-patch', body: Buffer.from('{"n": 2}') } as const;
  await world.larder.write({ ref: ref('a'), change: patch }, me).catch(() => {});
  expect(await world.larder.maintenance.scrub(10)).toMatchObject({ different: 1 });
  expect(codes(world)).toEqual(['rotten lod/things/a.json']);
  expect(await world.read('a')).toMatchObject({ etag: digestOf(body), mark: { code: 'rotten' } });
});

test('a scrub finds bytes that changed without a write, and the recorded version is served, marked', async () => {
  await using world = (await withRot()).world;
  const { seq } = world.larder;
  expect(await world.larder.maintenance.scrub(10)).toMatchObject({ looked: 2, different: 1, next: '' });
  expect(codes(world)).toEqual(['rotten lod/things/a.json']);
  expect(await world.text('a')).toBe('{"v": 1}');
  expect(await world.read('a')).toMatchObject({ etag: digestOf(Buffer.from('{"v": 1}')), mark: { code: 'rotten' } });
  expect(
    world
      .events()
      .filter((event) => event.seq > seq)
      .map(({ op }) => op),
  ).toEqual(['problem']);
  await world.larder.maintenance.scrub(10);
  await world.larder.rescan();
  expect(
    world
      .events()
      .filter((event) => event.seq > seq)
      .map(({ op }) => op),
  ).toEqual(['problem']);
});

test('a read that meets rot first never takes it for an edit', async () => {
  await using world = (await withRot()).world;
  await world.reopen();
  expect(await world.text('a')).toBe('{"v": 1}');
  expect(codes(world)).toEqual(['rotten lod/things/a.json']);
  expect(world.events().filter(({ op }) => op === 'update')).toEqual([]);
});

test('verify calls it a difference', async () => {
  await using world = (await withRot()).world;
  expect((await verifyOpen(world.larder)).said).toEqual(['difference rotten lod/things/a.json']);
});

test('bytes that are right again end the problem', async () => {
  const { world: rotting, disk } = await withRot();
  await using world = rotting;
  await world.larder.maintenance.scrub(10);
  disk.rotten.clear();
  await world.larder.rescan();
  await world.text('a');
  expect(codes(world)).toEqual([]);
});

test('an edit by hand over rotten bytes is an edit, and ends the problem', async () => {
  const { world: rotting, disk } = await withRot();
  await using world = rotting;
  await world.larder.maintenance.scrub(10);
  disk.rotten.clear();
  world.save('lod/things/a.json', '{"v": 3}');
  await world.larder.rescan();
  expect([await world.text('a'), codes(world)]).toEqual(['{"v": 3}', []]);
});

/** On a real disk: the bytes are changed, and the catalog is told that this stat was confirmed already. */
async function withChangedBytes(text: string): Promise<TestLarder> {
  const world = await openTestLarder(FILES);
  await world.reopen(() => {
    writeFileSync(world.at('lod/things/a.json'), text);
    const key = statKeyOf(nodeFileSystem.lstat(world.at('lod/things/a.json')) ?? fail());
    tamper(world.root, `UPDATE paths SET stat = '${key}', clean = 1 WHERE name = 'a.json'`);
  });
  return world;
}

const fail = (): never => {
  throw new Error('the file is not there');
};

const problemId = (world: TestLarder): string =>
  world.larder.problems({ collection: null, limit: 10, cursor: null }).items[0]?.id ?? '';

test('confirming rot writes the recorded bytes back', async () => {
  await using world = await withChangedBytes('{"v": 9}');
  await world.larder.maintenance.scrub(10);
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe('{"v": 9}');
  expect(await world.larder.guards.confirm(problemId(world), {}, me)).toMatchObject({ changed: 1, left: 0 });
  expect(readFileSync(world.at('lod/things/a.json'), 'utf8')).toBe('{"v": 1}');
  expect([await world.text('a'), problemId(world)]).toEqual(['{"v": 1}', '']);
});

test('what rotted and was confirmed is a version of the history, and no problem to decide, also by a catalog made anew', async () => {
  await using world = await withChangedBytes('{"v": 9}');
  await world.larder.maintenance.scrub(10);
  await world.larder.guards.confirm(problemId(world), {}, me);
  await world.reopen();
  const kept = [{ op: 'problem', code: 'rotten', digest: digestOf(Buffer.from('{"v": 9}')) }, { op: 'update' }];
  expect(world.events().slice(-2)).toMatchObject(kept);
  expect(problemId(world)).toBe('');
  await world.reopen(() => tamper(world.root, 'PRAGMA user_version = 0'));
  expect([await world.text('a'), problemId(world)]).toEqual(['{"v": 1}', '']);
  expect((await verifyOpen(world.larder)).said).toEqual([]);
});

test('dismissing rot takes the bytes on disk for an edit by hand', async () => {
  await using world = await withChangedBytes('{"v": 9}');
  await world.larder.maintenance.scrub(10);
  expect(await world.larder.guards.dismiss(problemId(world), {}, me)).toMatchObject({ changed: 1, left: 0 });
  expect([await world.text('a'), problemId(world)]).toEqual(['{"v": 9}', '']);
  expect(world.events().at(-1)).toMatchObject({ op: 'update', cause: 'hand', actor: 'test' });
});

test('rot that was reported stays so when the catalog is made anew', async () => {
  await using world = await withChangedBytes('{"v": 9}');
  await world.larder.maintenance.scrub(10);
  await world.reopen(() => tamper(world.root, 'PRAGMA user_version = 0'));
  expect(await world.text('a')).toBe('{"v": 1}');
  expect(world.events().filter(({ op }) => op === 'update')).toEqual([]);
});

test('a schema that rotted stays in force as it was recorded', async () => {
  await using world = await openTestLarder({ 'lod/things/_schema.json': '{"required": ["v"]}' });
  await world.reopen(() => {
    writeFileSync(world.at('lod/things/_schema.json'), '{"required": ["w"]}');
    const key = statKeyOf(nodeFileSystem.lstat(world.at('lod/things/_schema.json')) ?? fail());
    tamper(world.root, `UPDATE paths SET stat = '${key}', clean = 1 WHERE name = '_schema.json'`);
  });
  await world.larder.maintenance.scrub(10);
  await world.larder.write({ ref: ref('good'), change: { op: 'put', body: Buffer.from('{"v": 1}') } }, me);
  expect(world.larder.problems({ collection: null, limit: 10, cursor: null }).items).toEqual([
    expect.objectContaining({ code: 'rotten', path: 'lod/things/_schema.json' }),
  ]);
});

test('the position of a round survives a restart, and a round begins anew behind its end', async () => {
  await using world = await openTestLarder({ ...FILES, 'lod/things/c.json': '{}', 'bc/hubs/h.json': '{}' });
  expect(await world.larder.maintenance.scrub(2)).toMatchObject({ looked: 2, next: 'lod/things/a.json' });
  await world.reopen();
  expect(await world.larder.maintenance.scrub(2)).toMatchObject({ looked: 2, next: 'lod/things/c.json' });
  expect(await world.larder.maintenance.scrub(2)).toMatchObject({ looked: 0, next: '' });
  expect(statSync(join(world.root, '.larder/derived/scrub')).size).toBe(0);
});

test('a thirtieth of the tree is read in a day, a little each minute, and not while somebody writes', async () => {
  const clock = simulatedClock();
  const fs = simulatedFileSystem({ clock });
  fs.makeDirectory('/derived');
  const recorder = { announcedSeq: 0 };
  const asked: number[] = [];
  // Three files are due in each minute.
  const catalog = {
    countPresentBelow: () => 3 * 30 * 24 * 60,
    presentAfter: (after: string, most: number) => Array.from({ length: most }, (_, index) => `${after}${index}`),
    head: () => ({ diskDigest: 'same' }),
  };
  const bulk = {
    digests: (paths: readonly string[]) => {
      asked.push(paths.length);
      return Promise.resolve(paths.map(() => ({ digest: 'same' })));
    },
  };
  const world = { clock, fs, recorder, catalog, bulk, pendings: new Map(), log: { warn: () => {} } };
  const scrubber = new Scrubber(world as unknown as World, '/derived');
  scrubber.start();
  const minutes = async (count: number): Promise<void> => {
    for (let at = 0; at < count * 12; at++) await clock.advance(5000);
  };
  await minutes(10);
  expect(asked).toEqual(Array.from({ length: 10 }, () => 3));
  for (let at = 0; at < 12; at++) {
    recorder.announcedSeq++;
    await clock.advance(5000);
  }
  expect(asked.length).toBe(10);
  await minutes(3);
  expect(asked.length).toBeGreaterThan(11);
  await scrubber.close();
});

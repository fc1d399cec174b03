import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { openElsewhere, openSpares, Spares } from '../../src/files/spares.ts';
import { writeTemp, type WriteWorld } from '../../src/files/temp.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { simulatedClock, type SimulatedClock } from '../../src/host/simulated-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';

interface SparesWorld extends AsyncDisposable {
  readonly tmp: string;
  readonly spares: Spares;
  readonly clock: SimulatedClock;
  /** Descriptors that were opened ahead and are not closed. */
  readonly open: Set<number>;
}

function openWorld({ make, name }: { readonly make?: () => number; readonly name?: () => void } = {}): SparesWorld {
  const tmp = mkdtempSync(join(tmpdir(), 'larder-spares-'));
  const clock = simulatedClock();
  const open = new Set<number>();
  const fs: FileSystem = {
    ...nodeFileSystem,
    ...(make && { openNameless: make }),
    ...(name && { name }),
    close(fd) {
      open.delete(fd);
      nodeFileSystem.close(fd);
    },
  };
  const openNameless = async (count: number, permissions: number): Promise<readonly number[]> => {
    const fds = await openElsewhere(fs, count, async (next) => openSpares(fs, { tmp, permissions, opened: next() }));
    for (const fd of fds) open.add(fd);
    return fds;
  };
  const spares = new Spares({ fs, clock, openNameless });
  return {
    tmp,
    spares,
    clock,
    open,
    async [Symbol.asyncDispose]() {
      await spares.close();
      rmSync(tmp, { recursive: true });
    },
  };
}

/** Writes that come close to each other: from now on spares are wanted. */
async function beDense({ spares, tmp, clock }: SparesWorld): Promise<void> {
  for (let n = 0; n <= 16; n++) expect(spares.take(join(tmp, `dense-${n}`), 0o600)).toBeUndefined();
  await clock.advance(10);
  await new Promise((resolve) => void setImmediate(resolve));
}

test('writes that come close to each other find a file made ahead, under the name that they want', async () => {
  await using world = openWorld();
  await beDense(world);
  expect(world.open.size).toBe(32);
  expect(readdirSync(world.tmp), 'it has no name that a crash would leave').toEqual([]);
  const file = join(world.tmp, 'third');
  const fd = world.spares.take(file, 0o600) ?? -1;
  writeSync(fd, 'bytes');
  nodeFileSystem.close(fd);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['bytes', 0o600]);
});

test('a lone write makes nothing ahead', async () => {
  await using world = openWorld();
  world.spares.take(join(world.tmp, 'first'), 0o600);
  await world.clock.advance(1000);
  world.spares.take(join(world.tmp, 'second'), 0o600);
  await world.spares.close();
  expect(world.open.size).toBe(0);
});

test('after a quiet while, and at the end, nothing is held open', async () => {
  await using world = openWorld();
  await beDense(world);
  expect(world.open.size).toBe(32);
  await world.clock.advance(12_000);
  expect(world.open.size).toBe(0);
  await beDense(world);
  await world.spares.close();
  expect(world.open.size).toBe(0);
});

test('where files cannot be made without a name, or not be named, writes create theirs themselves', async () => {
  await using without = openWorld({
    make() {
      throw new Error('EOPNOTSUPP');
    },
  });
  await beDense(without);
  expect(without.spares.take(join(without.tmp, 'third'), 0o600)).toBeUndefined();
  await using nameless = openWorld({
    name() {
      throw new Error('ENOENT: no /proc');
    },
  });
  await beDense(nameless);
  expect(nameless.spares.take(join(nameless.tmp, 'third'), 0o600)).toBeUndefined();
  expect(nameless.open.size, 'what could not be named is closed').toBe(0);
});

test('a temp file in a spare has the mode of what it replaces, whatever mode it was made with', async () => {
  await using world = openWorld();
  await beDense(world);
  expect(world.open.size).toBe(32);
  const root = mkdtempSync(join(tmpdir(), 'larder-root-'));
  const bytes = Buffer.from('{}');
  const { tmp, spares } = world;
  const write: WriteWorld = {
    fs: nodeFileSystem,
    random: systemRandom,
    root,
    rootDevice: 0n,
    rootInode: 0n,
    tmp,
    spares,
  };
  const like = nodeFileSystem.lstat(root);
  if (!like) throw new Error('the root is there');
  const replaces = { ...like, mode: 0o640 };
  const temp = writeTemp(write, { path: 'a.json', bytes, digest: digestOf(bytes), replaces });
  expect([statSync(temp.file).mode & 0o777, readFileSync(temp.file, 'utf8')]).toEqual([0o640, '{}']);
  rmSync(root, { recursive: true });
});

test('what a thread opened that died is closed, also when another one did its work', async () => {
  let fd = 100;
  const open = new Set<number>();
  const fs: FileSystem = {
    ...nodeFileSystem,
    openNameless() {
      // The first thread dies in the middle, the second opens what is wanted.
      if (fd === 102) throw new Error('it died');
      open.add(++fd);
      return fd;
    },
    close: (one) => void open.delete(one),
  };
  const askOnce = (next: () => Int32Array): void => openSpares(fs, { tmp: '/', permissions: 0o600, opened: next() });
  const died = openElsewhere(fs, 3, async (next) => {
    askOnce(next);
    throw new Error('a worker thread ended by itself');
  });
  await expect(died).rejects.toThrow('ended by itself');
  expect(open.size).toBe(0);
  fd = 100;
  const fds = await openElsewhere(fs, 3, async (next) => {
    askOnce(next);
    fd = 110;
    askOnce(next);
  });
  expect([fds, [...open]]).toEqual([
    [111, 112, 113],
    [111, 112, 113],
  ]);
});

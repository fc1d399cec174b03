import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { Spares, type SparesOptions } from '../../src/files/spares.ts';
import { writeTemp, type WriteWorld } from '../../src/files/temp.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock, type SimulatedClock } from '../../src/host/simulated-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';

interface SparesWorld extends AsyncDisposable {
  readonly tmp: string;
  readonly spares: Spares;
  readonly clock: SimulatedClock;
  /** Descriptors that were opened ahead and are not closed. */
  readonly open: Set<number>;
}

function openWorld(change: Partial<SparesOptions['fs']> = {}): SparesWorld {
  const tmp = mkdtempSync(join(tmpdir(), 'larder-spares-'));
  const clock = simulatedClock();
  const open = new Set<number>();
  const fs: SparesOptions['fs'] = {
    ...nodeFileSystem,
    openNameless: async (directory, permissions) => {
      const fd = await nodeFileSystem.openNameless?.(directory, permissions);
      if (fd === undefined) throw new Error('the real file system opens files without a name');
      open.add(fd);
      return fd;
    },
    close(fd) {
      open.delete(fd);
      nodeFileSystem.close(fd);
    },
    ...change,
  };
  const spares = new Spares({ fs, clock, tmp });
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

/** Two writes close to each other: from now on spares are wanted. */
function beDense({ spares, tmp }: SparesWorld): void {
  for (const name of ['first', 'second']) expect(spares.take(join(tmp, name), 0o600)).toBeUndefined();
}

const untilReady = ({ open }: SparesWorld): Promise<void> => expect.poll(() => open.size, { timeout: 20_000 }).toBe(1);

test('writes that come close to each other find a file made ahead, under the name that they want', async () => {
  await using world = openWorld();
  beDense(world);
  await untilReady(world);
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
  beDense(world);
  await untilReady(world);
  await world.clock.advance(12_000);
  expect(world.open.size).toBe(0);
  beDense(world);
  await world.spares.close();
  expect(world.open.size).toBe(0);
});

test('where files cannot be made without a name, or not be named, writes create theirs themselves', async () => {
  const refuses = (): Promise<number> => Promise.reject(new Error('EOPNOTSUPP'));
  await using without = openWorld({ openNameless: refuses });
  beDense(without);
  await without.clock.advance(10);
  expect(without.spares.take(join(without.tmp, 'third'), 0o600)).toBeUndefined();
  await using nameless = openWorld({
    name() {
      throw new Error('ENOENT: no /proc');
    },
  });
  beDense(nameless);
  await untilReady(nameless);
  expect(nameless.spares.take(join(nameless.tmp, 'third'), 0o600)).toBeUndefined();
  expect(nameless.open.size, 'what could not be named is closed').toBe(0);
});

test('a temp file in a spare has the mode of what it replaces, whatever mode it was made with', async () => {
  await using world = openWorld();
  beDense(world);
  await untilReady(world);
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

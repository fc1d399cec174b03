import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import type { SimulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { seededChance } from '../../src/host/simulated-random.ts';
import { readFile } from '../../src/host/read-file.ts';

const open = (): SimulatedFileSystem => simulatedFileSystem({ clock: simulatedClock() });

const write = (fs: SimulatedFileSystem, fd: number, content: string, position = 0): number =>
  fs.write(fd, Buffer.from(content), 0, content.length, position);

const syncDirectory = async (fs: SimulatedFileSystem, path: string): Promise<void> => {
  const fd = fs.open(path, 'directory');
  await fs.fsync(fd);
  fs.close(fd);
};

/** Contents of a path after each of many crashes; null where it is gone. */
async function outcomes(
  prepare: (fs: SimulatedFileSystem) => Promise<void>,
  path: string,
): Promise<Set<string | null>> {
  const found = new Set<string | null>();
  for (let seed = 0; seed < 200; seed += 1) {
    const fs = open();
    await prepare(fs);
    const after = fs.crash(seededChance(seed));
    found.add(after.lstat(path) ? Buffer.from(readFile(after, path)).toString('latin1') : null);
  }
  return found;
}

async function make(fs: SimulatedFileSystem, path: string, content: string): Promise<void> {
  const fd = fs.open(path, 'create-new');
  write(fs, fd, content);
  await fs.fsync(fd);
  fs.close(fd);
  await syncDirectory(fs, '/');
}

test('what was synced with its name survives every power cut', async () => {
  expect(await outcomes((fs) => make(fs, '/a', 'kept'), '/a')).toStrictEqual(new Set(['kept']));
});

test('a file without the sync of its directory may be gone', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    const fd = fs.open('/a', 'create-new');
    write(fs, fd, 'kept');
    await fs.fsync(fd);
  };
  expect(await outcomes(prepare, '/a')).toStrictEqual(new Set([null, 'kept']));
});

test('unsynced bytes may survive, be torn, be NUL, or be lost', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    await make(fs, '/a', '');
    write(fs, fs.open('/a', 'read-write'), 'x'.repeat(1024));
  };
  const found = await outcomes(prepare, '/a');
  expect(found).toContain('');
  expect(found).toContain('x'.repeat(1024));
  expect(found).toContain('\0'.repeat(512) + 'x'.repeat(512));
  expect([...found].some((text) => text !== null && text.length > 0 && text.length < 1024)).toBe(true);
});

test('an unsynced rename over a synced file leaves one of the two', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    await make(fs, '/a', 'old');
    await make(fs, '/b', 'new');
    fs.rename('/b', '/a');
  };
  expect(await outcomes(prepare, '/a')).toStrictEqual(new Set(['old', 'new']));
});

test('independent renames may survive in another order than they were made', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    await make(fs, '/a', 'first');
    await make(fs, '/b', 'second');
    fs.rename('/a', '/a2');
    fs.rename('/b', '/b2');
  };
  const states = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const fs = open();
    await prepare(fs);
    const after = fs.crash(seededChance(seed));
    states.add(`${after.lstat('/a2') ? 'a' : '-'}${after.lstat('/b2') ? 'b' : '-'}`);
  }
  expect(states).toStrictEqual(new Set(['ab', 'a-', '-b', '--']));
});

test('an unlinked name that comes back brings its old file, never the one that took the inode', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    await make(fs, '/a', 'old');
    const { ino } = fs.lstat('/a') ?? {};
    fs.unlink('/a');
    const fd = fs.open('/b', 'create-new');
    expect(fs.fstat(fd).ino).toBe(ino);
    write(fs, fd, 'new');
    await fs.fsync(fd);
  };
  for (let seed = 0; seed < 100; seed += 1) {
    const fs = open();
    await prepare(fs);
    const after = fs.crash(seededChance(seed));
    expect(after.lstat('/a') && after.lstat('/b')).toBeUndefined();
  }
});

test('after a failed sync a second one promises nothing', async () => {
  const prepare = async (fs: SimulatedFileSystem): Promise<void> => {
    await make(fs, '/a', '');
    const fd = fs.open('/a', 'read-write');
    write(fs, fd, 'x');
    fs.failNextSyncs(1);
    await expect(fs.fsync(fd)).rejects.toThrow('EIO');
    await fs.fsync(fd);
  };
  expect(await outcomes(prepare, '/a')).toContain('');
});

test('a full disk takes what fits and then refuses', () => {
  const fs = simulatedFileSystem({ clock: simulatedClock(), capacityBytes: 8192 });
  const fd = fs.open('/a', 'create-new');
  expect(fs.write(fd, Buffer.alloc(10_000), 0, 10_000, 0)).toBe(8192);
  expect(() => fs.write(fd, Buffer.alloc(1), 0, 1, 8192)).toThrow('ENOSPC');
  expect(fs.write(fd, Buffer.alloc(10), 0, 10, 0)).toBe(10);
  fs.close(fd);
  fs.unlink('/a');
  expect(fs.space('/').freeBytes).toBe(8192);
});

test('with everything synced any sequence of writes and cuts survives unchanged', async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      at: fc.nat(2000),
      text: fc.string({ minLength: 1, maxLength: 700 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(2000), text: fc.constant('') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, seed) => {
      const fs = open();
      await make(fs, '/a', 'start');
      const fd = fs.open('/a', 'read-write');
      for (const { kind, at, text } of steps) {
        if (kind === 'write') write(fs, fd, text, at);
        else fs.truncate(fd, at);
      }
      const before = readFile(fs, '/a');
      await fs.fdatasync(fd);
      expect(readFile(fs.crash(seededChance(seed)), '/a')).toStrictEqual(before);
    }),
    { numRuns: 100 },
  );
});

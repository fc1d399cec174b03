import { systemClock } from '../../src/host/system-clock.ts';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBlobStore } from '../../src/blobs/blob-store.ts';
import type { BlobStore } from '../../src/blobs/types.ts';
import { digestOf } from '../../src/core/digest.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import type { SimulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { seededBytes, seededChance } from '../../src/host/simulated-random.ts';

const DIRECTORY = '/root/.larder/blobs';
const BYTES = Buffer.from('some bytes that are kept '.repeat(100));
const DIGEST = digestOf(BYTES);
const PATH = `${DIRECTORY}/${DIGEST.slice(0, 2)}/${DIGEST}`;

function disk(): SimulatedFileSystem {
  const fs = simulatedFileSystem({ clock: simulatedClock() });
  fs.makeDirectory('/root');
  fs.fsyncSync(fs.open('/', 'directory'));
  return fs;
}

const storeOn = (fs: FileSystem, seed = 1): BlobStore =>
  openBlobStore({ fs, clock: simulatedClock(), directory: DIRECTORY, random: seededBytes(seed) });

const files = (fs: FileSystem, path = DIRECTORY): string[] =>
  fs
    .readDirectory(path)
    .flatMap(({ name, kind }) => (kind === 'directory' ? files(fs, `${path}/${name}`) : [`${path}/${name}`]));

describe('a blob', () => {
  test('is given back by its digest', async () => {
    const fs = disk();
    const store = storeOn(fs);
    expect([store.has(DIGEST), store.get(DIGEST)]).toStrictEqual([false, null]);
    await store.put(DIGEST, BYTES);
    expect(store.has(DIGEST)).toBe(true);
    expect(Buffer.from(store.get(DIGEST) ?? []).equals(BYTES)).toBe(true);
    expect(files(fs)).toStrictEqual([PATH]);
  });

  test('is kept on real disks too, whatever its bytes', async () => {
    const root = mkdtempSync(join(tmpdir(), 'larder-blobs-'));
    const store = openBlobStore({
      fs: nodeFileSystem,
      clock: systemClock,
      directory: join(root, '.larder/blobs'),
      random: seededBytes(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const digest = digestOf(bytes);
        await store.put(digest, bytes);
        expect(Buffer.from(store.get(digest) ?? []).equals(bytes)).toBe(true);
      }),
      { numRuns: 20 },
    );
    rmSync(root, { recursive: true });
  });

  test('must have the digest that it is stored under', async () => {
    await expect(storeOn(disk()).put(DIGEST, Buffer.from('others'))).rejects.toThrow('another digest');
  });

  test('that is put twice at once is written once', async () => {
    const fs = disk();
    let renames = 0;
    const rename = fs.rename.bind(fs);
    fs.rename = (from, to) => ((renames += 1), rename(from, to));
    const store = storeOn(fs);
    await Promise.all([store.put(DIGEST, BYTES), store.put(DIGEST, BYTES)]);
    await store.put(DIGEST, BYTES);
    expect(renames).toBe(1);
  });

  test('that has rotten is never given, and is mended by whoever brings its bytes', async () => {
    const fs = disk();
    const store = storeOn(fs);
    await store.put(DIGEST, BYTES);
    const fd = fs.open(PATH, 'read-write');
    fs.write(fd, Buffer.from('X'), 0, 1, 7);
    fs.close(fd);
    expect(() => store.get(DIGEST)).toThrow(PATH);
    await store.put(DIGEST, BYTES);
    expect(Buffer.from(store.get(DIGEST) ?? []).equals(BYTES)).toBe(true);
  });
});

describe('once put', () => {
  test('a blob survives every power cut', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const fs = disk();
      await storeOn(fs).put(DIGEST, BYTES);
      expect(Buffer.from(storeOn(fs.crash(seededChance(seed))).get(DIGEST) ?? []).equals(BYTES)).toBe(true);
    }
  });

  test('a blob that was removed, and whose removal was synced, is brought back by no power cut', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const fs = disk();
      const store = storeOn(fs);
      await store.put(DIGEST, BYTES);
      store.remove(DIGEST);
      await store.syncRemoved([DIGEST]);
      expect(storeOn(fs.crash(seededChance(seed))).has(DIGEST)).toBe(false);
    }
  });

  test('it is listed, and what a file browser left beside it is not', async () => {
    const fs = disk();
    const store = storeOn(fs);
    await store.put(DIGEST, BYTES);
    for (const path of [`${DIRECTORY}/.DS_Store`, `${DIRECTORY}/${DIGEST.slice(0, 2)}/.DS_Store`])
      fs.close(fs.open(path, 'create-new'));
    expect([store.list(), store.sizeBytes()]).toEqual([[DIGEST], BYTES.length]);
  });

  test('a blob that an earlier process had left unsynced survives too', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const fs = disk();
      const dying = faultyFileSystem(fs, [
        { calls: ['fsync'], path: `/${DIGEST.slice(0, 2)}`, nth: 2, outcome: { kind: 'crash' } },
      ]);
      await storeOn(dying)
        .put(DIGEST, BYTES)
        .catch(() => {});
      await storeOn(fs).put(DIGEST, BYTES);
      expect(storeOn(fs.crash(seededChance(seed))).has(DIGEST)).toBe(true);
    }
  });

  test('without the sync of its directory a blob may be lost, and this test sees it', async () => {
    const lost: boolean[] = [];
    for (let seed = 0; seed < 60; seed += 1) {
      const fs = disk();
      const isDirectory = (fd: number): boolean => fs.fstat(fd).kind === 'directory';
      const toothless = {
        ...faultyFileSystem(fs, []),
        fsync: async (fd: number) => void (isDirectory(fd) || (await fs.fsync(fd))),
      };
      await storeOn(toothless).put(DIGEST, BYTES);
      lost.push(!storeOn(fs.crash(seededChance(seed))).has(DIGEST));
    }
    expect(lost).toContain(true);
  });
});

describe('when call N fails, for every N', () => {
  test.each<[string, Omit<Fault, 'nth'>]>([
    ['with EIO', { outcome: { kind: 'error', code: 'EIO' } }],
    ['with ENOSPC', { outcome: { kind: 'error', code: 'ENOSPC' } }],
    ['by a short write', { calls: ['write'], outcome: { kind: 'short', bytes: 10 } }],
    ['and the process dies', { outcome: { kind: 'crash' } }],
  ])('a blob is whole or not there: %s', async (_, fault) => {
    for (let nth = 1, fired = true; fired; nth += 1) {
      const fs = disk();
      const faulty = faultyFileSystem(fs, [{ ...fault, nth }]);
      const told = await attemptPut(faulty);
      fired = faulty.fired;
      const after = storeOn(fs.crash(seededChance(nth)), 2);
      if (told) expect(after.has(DIGEST)).toBe(true);
      await after.put(DIGEST, BYTES);
      expect(Buffer.from(after.get(DIGEST) ?? []).equals(BYTES)).toBe(true);
    }
  });

  test('what a crash left unfinished is gone after the next start', async () => {
    const fs = disk();
    const dying = faultyFileSystem(fs, [{ calls: ['rename'], nth: 1, outcome: { kind: 'crash' } }]);
    expect(await attemptPut(dying)).toBe(false);
    expect(files(fs)).toHaveLength(1);
    storeOn(fs);
    expect(files(fs)).toStrictEqual([]);
  });
});

/** Whether the store said that the blob is safe. */
async function attemptPut(fs: FileSystem): Promise<boolean> {
  try {
    await storeOn(fs).put(DIGEST, BYTES);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: expect.stringMatching(/LarderError|Crash|Error/) });
    return false;
  }
}

/** A disk that has some room when a start begins, and none before it ends. */
import { mkdirSync, readdirSync, rmSync, statfsSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openLarder, type Host } from '../../src/larder.ts';
import { canMount, smallDisk, type SmallDisk } from './small-disk.ts';
import { me, put, ref } from './store.ts';

const MOUNTS = canMount();
const skip = MOUNTS ? '' : ' (skipped: needs mount)';
const PATIENCE = { timeout: 30_000, interval: 50 };
const DOCUMENTS = 400;

async function open({ path }: SmallDisk, host?: Host): Promise<Larder> {
  const larder = await openLarder({ root: path, watcher: 'none', ...(host && { host }) });
  await larder.ready;
  return larder;
}

/** Text that the log stores in little room, and the catalog does not. */
const textOf = (n: number): string => `{"n": ${n}, "fill": "${'many words '.repeat(1100)}"}\n`;

function fillUpTo({ path }: SmallDisk, freeBytes: number): void {
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(join(path, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
}

const catalogsElsewhere = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('larder-catalog-'));

function mkdirIn(parent: string, name: string): string {
  mkdirSync(join(parent, name));
  return join(parent, name);
}

/** A closed root whose catalog has to be made anew. */
async function diskWithHistory(): Promise<SmallDisk> {
  const disk = smallDisk(48);
  mkdirSync(join(disk.path, 'lod/things'), { recursive: true });
  for (let n = 0; n < DOCUMENTS; n++) writeFileSync(join(disk.path, `lod/things/d${n}.json`), textOf(n));
  await (await open(disk))[Symbol.asyncDispose]();
  rmSync(join(disk.path, '.larder/derived'), { recursive: true });
  return disk;
}

test.skipIf(!MOUNTS)(
  `a log whose replay fills the disk is replayed elsewhere, and everything is served${skip}`,
  async () => {
    using disk = await diskWithHistory();
    fillUpTo(disk, 5 * 1024 * 1024);
    const before = catalogsElsewhere();
    const larder = await open(disk);
    expect(larder.status().documents).toBe(DOCUMENTS);
    expect(larder.readiness()).toMatchObject({ ready: true, reasons: expect.arrayContaining(['catalog-elsewhere']) });
    expect(await larder.read(ref('d7'))).toMatchObject({ kind: 'served', mark: null });
    disk.free();
    await larder.write(put('new', 'x'), me);
    await expect.poll(() => larder.status().documents, PATIENCE).toBe(DOCUMENTS + 1);
    const [left] = catalogsElsewhere().filter((name) => !before.includes(name));
    await larder[Symbol.asyncDispose]();
    // As a process leaves it that is killed.
    writeFileSync(join(mkdirIn(tmpdir(), left ?? 'none'), 'catalog.sqlite'), 'x');
    const again = await open(disk);
    expect(again.readiness().reasons, 'the next start has room').toEqual([]);
    expect(again.status().documents).toBe(DOCUMENTS + 1);
    expect(catalogsElsewhere(), 'and clears what was left').not.toContain(left);
    await again[Symbol.asyncDispose]();
  },
  120_000,
);

test.skipIf(!MOUNTS)(
  `where no other disk has room, a start waits for some and says so${skip}`,
  async () => {
    using disk = await diskWithHistory();
    fillUpTo(disk, 5 * 1024 * 1024);
    const fs = {
      ...nodeFileSystem,
      space: (path: string) => ({
        ...nodeFileSystem.space(path),
        ...(!path.startsWith(disk.path) && { freeBytes: 0 }),
      }),
    };
    const host = { fs, clock: systemClock, random: systemRandom };
    await using larder = await openLarder({ root: disk.path, watcher: 'none', host });
    await expect.poll(() => larder.readiness().reasons, PATIENCE).toEqual(['replaying', 'disk-full']);
    disk.free();
    await larder.ready;
    expect(larder.readiness()).toMatchObject({ ready: true, reasons: [] });
    expect(larder.status().documents).toBe(DOCUMENTS);
  },
  120_000,
);

test.skipIf(!MOUNTS)(
  `a disk that fills up between replay and first scan stops no start${skip}`,
  async () => {
    using disk = await diskWithHistory();
    // Each is looked at, and its stat noted in the catalog; one has changed, and cannot be recorded.
    for (let n = 0; n < DOCUMENTS; n++) utimesSync(join(disk.path, `lod/things/d${n}.json`), n + 1, n + 1);
    writeFileSync(join(disk.path, 'lod/things/d7.json'), textOf(-7));
    await using larder = await openLarder({ root: disk.path, watcher: 'none' });
    await larder.caughtUp;
    disk.fill();
    await larder.ready;
    const answer = await larder.read(ref('d7'));
    expect(answer.kind === 'served' && Buffer.from(answer.bytes).toString()).toBe(textOf(-7));
    disk.free();
    await expect.poll(() => larder.readiness().reasons, PATIENCE).toEqual([]);
    expect(await larder.read(ref('d7'))).toMatchObject({ kind: 'served', mark: null });
  },
  120_000,
);

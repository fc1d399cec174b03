import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { DAY, HOUR, openAging } from './aging-world.ts';
import { flipBitAt, segmentsOf, tamper, verifyOpen } from './verify-world.ts';

const segmentBytes = (root: string): number =>
  readdirSync(join(root, '.larder/log')).reduce((sum, name) => sum + statSync(join(root, '.larder/log', name)).size, 0);

describe('prune', () => {
  test('thins old versions, keeps heads, chain and every answer, and says what it freed', async () => {
    await using world = await openAging();
    for (let n = 0; n < 6; n++) {
      await world.put('a', `{"v": ${n}}`);
      world.goOn(n < 3 ? 1000 : DAY);
    }
    await world.put('b', '{"only": 1}');
    await world.settle();
    const before = segmentBytes(world.root);
    const planned = await world.larder.maintenance.prune({ dryRun: true });
    expect(planned).toMatchObject({ dry_run: true, paths: 1 });
    expect(await world.kept('a')).toHaveLength(6);
    const report = await world.larder.maintenance.prune({ dryRun: false });
    expect(report).toMatchObject({ dry_run: false, versions: planned.versions, paths: 1, segments: 1 });
    expect(report.versions).toBeGreaterThanOrEqual(3);
    expect(before - segmentBytes(world.root)).toBeGreaterThan(0);
    const kept = await world.kept('a');
    expect(kept.at(-1)).toBe('{"v":5}');
    expect(kept).toHaveLength(6 - report.versions);
    expect([await world.text('a'), await world.kept('b')]).toEqual(['{\n  "v": 5\n}\n', ['{"only":1}']]);
    expect(world.history('a')).toHaveLength(6);
    expect(await verifyOpen(world.larder)).toMatchObject({ said: [], ok: true, without_bytes: report.versions });
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 0, freed_bytes: 0 });
    await world.reopen();
    expect(await world.kept('a')).toEqual(kept);
  });

  test('a version that stays and is damaged holds nothing up: it is named, and its bytes stay as they are', async () => {
    await using world = await openAging();
    for (let n = 0; n < 4; n++) await world.put('a', `{"v": ${n}}`);
    await world.put('b', '{"v": "damaged"}');
    await world.settle();
    const [segment = ''] = segmentsOf(world.root);
    const backup = readFileSync(segment);
    flipBitAt(segment, '"damaged"');
    const damaged = [{ seq: 5, path: 'lod/things/b.json', segment, offset: expect.any(Number) }];
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 3, damaged });
    expect(await world.kept('a')).toEqual(['{"v":3}']);
    await expect(world.kept('b')).rejects.toMatchObject({ code: 'version_damaged', members: damaged[0] });
    expect((await verifyOpen(world.larder)).said).toEqual(['difference body lod/things/b.json']);
    // From a backup of before.
    await world.reopen(() => {
      writeFileSync(segment, backup);
      rmSync(join(world.root, '.larder/derived'), { recursive: true });
    });
    expect([(await world.kept('a')).length, await world.kept('b')]).toEqual([4, ['{"v":"damaged"}']]);
    expect((await verifyOpen(world.larder)).said).toEqual([]);
  });

  test('keeps everything unless told otherwise, and a collection may say so itself', async () => {
    const schema = '{"x-larder": {"history": {"keep": "1d"}}}';
    await using world = await openAging({ 'lod/things/_schema.json': schema, 'bc/hubs/h.json': '{"v": 0}' }, 'all');
    for (let n = 0; n < 3; n++) {
      await world.put('a', `{"v": ${n}}`);
      world.save('bc/hubs/h.json', `{"v": ${n + 1}}`);
      await world.larder.rescan();
      world.goOn(HOUR);
    }
    await world.settle();
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ paths: 1, versions: 2 });
    expect(await world.kept('a')).toHaveLength(1);
  });

  test('a root that is closed meanwhile is let go only when no segment is being written any more', async () => {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isArmed = false;
    const fsync: FileSystem['fsync'] = async (fd) => {
      const isFirst = isArmed;
      isArmed = false;
      if (isFirst) reached.resolve();
      if (isFirst) await released.promise;
      await nodeFileSystem.fsync(fd);
    };
    await using world = await openAging({}, 'staggered', { ...nodeFileSystem, fsync });
    for (let n = 0; n < 4; n++) await world.put('a', `{"v": ${n}}`);
    await world.settle();
    const order: string[] = [];
    const prune = async (): Promise<void> => {
      await world.larder.maintenance.prune({ dryRun: false });
    };
    const close = async (): Promise<void> => {
      await world.larder[Symbol.asyncDispose]();
      order.push('closed');
    };
    isArmed = true;
    const pruned = prune().finally(() => order.push('pruned'));
    await reached.promise;
    const closed = close();
    await Promise.race([closed, new Promise((resolve) => void setTimeout(resolve, 1000))]);
    released.resolve();
    await Promise.allSettled([pruned, closed]);
    expect(order).toEqual(['pruned', 'closed']);
  });

  test('never takes the last version before a deletion', async () => {
    await using world = await openAging({}, '1d');
    for (const text of ['{"v": 1}', '{"v": 2}']) await world.put('gone', text);
    await world.remove('gone');
    await world.settle();
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 1 });
    expect(await world.kept('gone')).toEqual(['{"v":2}']);
  });

  test('takes nothing that redo may need, nor from the segment that grows', async () => {
    await using world = await openAging({}, '1d');
    for (let n = 0; n < 4; n++) {
      await world.put('a', `{"v": ${n}}`);
      world.goOn(3 * DAY);
    }
    await world.put('now', '{}');
    const { versions, paths, waiting } = await world.larder.maintenance.prune({ dryRun: false });
    expect([versions, paths]).toEqual([0, 0]);
    expect(waiting).toBeLessThanOrEqual(3);
    expect(await world.kept('a')).toHaveLength(4);
  });

  test('refuses when the clock jumped over a day, whatever was written since', async () => {
    await using world = await openAging();
    await world.put('a', '{}');
    for (const days of [2, -4]) {
      world.age(days * DAY);
      await expect(world.larder.maintenance.prune({ dryRun: false })).rejects.toMatchObject({ code: 'conflict' });
      await world.put('a', `{"v": ${days}}`);
      await expect(world.larder.maintenance.prune({ dryRun: false })).rejects.toMatchObject({ code: 'conflict' });
    }
  });

  test('a prune whose directory could not be synced has told where bytes lie now', async () => {
    let isReplaced = false;
    let refuses = false;
    const fs: FileSystem = {
      ...nodeFileSystem,
      rename(from, to) {
        nodeFileSystem.rename(from, to);
        if (to.endsWith('.log')) isReplaced = true;
      },
      open(path, mode, permissions) {
        if (refuses && isReplaced && mode === 'directory' && path.endsWith('.larder/log'))
          throw Object.assign(new Error('EMFILE: open'), { code: 'EMFILE', syscall: 'open' });
        return nodeFileSystem.open(path, mode, permissions);
      },
    };
    await using world = await openAging({}, '1d', fs);
    for (let n = 0; n < 4; n++) await world.put('a', `{"v": ${n}}`);
    await world.settle();
    isReplaced = false;
    refuses = true;
    await expect(world.larder.maintenance.prune({ dryRun: false })).rejects.toThrow('EMFILE');
    refuses = false;
    expect(isReplaced).toBe(true);
    expect((await verifyOpen(world.larder)).findings.filter(({ path }) => path.endsWith('a.json'))).toEqual([]);
    expect(await world.kept('a')).toEqual(['{"v":3}']);
  });

  test('a restart does not make a clock believed that jumped', async () => {
    await using world = await openAging();
    await world.put('a', '{}');
    world.age(400 * DAY);
    await expect(world.larder.maintenance.prune({ dryRun: false })).rejects.toMatchObject({ code: 'conflict' });
    await world.put('a', '{"v": 1}');
    for (let restart = 0; restart < 2; restart++) {
      await world.reopen();
      await world.put('a', `{"restart": ${restart}}`);
      await expect(world.larder.maintenance.prune({ dryRun: false })).rejects.toMatchObject({ code: 'conflict' });
    }
    world.goOn(2 * DAY);
    await expect(world.larder.maintenance.prune({ dryRun: true })).resolves.toMatchObject({ dry_run: true });
    await world.reopen();
    await world.put('a', '{"clock": "right"}');
    await expect(world.larder.maintenance.prune({ dryRun: true })).resolves.toMatchObject({ dry_run: true });
  });

  test('a catalog that was not told where bytes lie now is told at the next start', async () => {
    await using world = await openAging({}, '1d');
    for (let n = 0; n < 4; n++) await world.put('a', `{"v": ${n}}`);
    await world.put('b', '{"stays": 1}');
    await world.settle();
    const old = world.at('.larder/derived/catalog.sqlite');
    await world.reopen();
    const before = nodeFileSystem.lstat(old);
    await world.larder.maintenance.prune({ dryRun: false });
    // As a power cut leaves it, which took the newest pages of the catalog.
    await world.reopen(() =>
      tamper(
        world.root,
        "UPDATE state SET replaced = '{}'; UPDATE events SET encoding = 2, position = 1, length = 9 WHERE encoding > 0",
      ),
    );
    expect(before).toBeDefined();
    expect(await world.kept('a')).toEqual(['{"v":3}']);
    expect((await verifyOpen(world.larder)).findings.filter(({ path }) => path.endsWith('a.json'))).toEqual([]);
  });

  test('removes a blob only when no version names it, and never a young one', async () => {
    const large = (n: number): string => `{"n": ${n}, "text": "${'x'.repeat(1_200_000)}"}`;
    await using world = await openAging({}, '1d');
    await world.put('large', large(1));
    await world.put('large', large(2));
    await world.settle();
    const blobs = (): number =>
      readdirSync(world.at('.larder/blobs'), { recursive: true }).filter((name) => /[0-9a-f]{64}$/.test(String(name)))
        .length;
    const files = readdirSync(world.at('.larder/blobs'), { recursive: true }).map(String);
    for (const name of files.filter((path) => /[0-9a-f]{64}$/.test(path)))
      utimesSync(world.at(`.larder/blobs/${name}`), world.nowMs() / 1000, world.nowMs() / 1000);
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 1, blobs: 0 });
    expect(blobs()).toBe(2);
    world.goOn(2 * DAY);
    await world.put('now', '{"later": 1}');
    await world.reopen();
    expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ blobs: 1 });
    expect(blobs()).toBe(1);
    expect(await world.text('large')).toContain('"n": 2');
  });
});

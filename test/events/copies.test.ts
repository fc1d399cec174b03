import { describe, expect, test } from 'vitest';
import { readFile } from '../../src/host/read-file.ts';
import { writeAll } from '../../src/host/durable-files.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { DIRECTORY, append, contents, damage, logWorld, segmentsIn } from './world.ts';
import type { LogWorld } from './world.ts';

function put(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const fd = fs.open(path, 'create-new');
  writeAll(fs, fd, bytes, 0);
  fs.close(fd);
}

/** The same files in another root. `change` may make of a segment what rsync reads while it grows. */
function copyOf(world: LogWorld, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): LogWorld {
  const copy = logWorld({ seed: 7 });
  copy.fs.makeDirectory('/root/.larder');
  copy.fs.makeDirectory(DIRECTORY);
  for (const { name } of world.fs.readDirectory(DIRECTORY)) {
    const bytes = readFile(world.fs, `${DIRECTORY}/${name}`);
    put(copy.fs, `${DIRECTORY}/${name}`, name?.endsWith('.log') ? change(bytes) : bytes);
  }
  return copy;
}

/** In the second of the small frames that these tests append. */
const HOLE = 420;
const ELSEWHERE = { rootIdentity: '9:9' };

describe('a copied root', () => {
  test('goes on with its history under a new id', async () => {
    const world = logWorld();
    const original = await world.open();
    await append(original, 'a', 'b');
    await original.append({ type: 'checkpoint', upTo: 2 }).synced;
    await original.close(true);
    const copy = copyOf(world);
    const log = await copy.open(ELSEWHERE);
    expect([log.origin, log.lastSeq, ...contents(log)]).toStrictEqual(['copied', 2, '1 a', '2 b']);
    expect(log.id).not.toBe(original.id);
    expect(await append(log, 'c')).toBe(3);
    await log.close(true);
    await using again = await copy.open(ELSEWHERE);
    expect([again.id, again.origin, ...contents(again)]).toStrictEqual([log.id, 'clean', '1 a', '2 b', '3 c']);
  });

  test('with a damaged earlier segment is refused before anything of it is changed', async () => {
    const world = logWorld();
    const original = await world.open({ segmentBytes: 600 });
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f']) await append(original, label);
    await original.close(true);
    let isFirst = true;
    const copy = copyOf(world, (bytes) => {
      const found = isFirst ? bytes.subarray(0, -30) : bytes;
      isFirst = false;
      return found;
    });
    const filesIn = ({ fs }: LogWorld): object =>
      fs.readDirectory(DIRECTORY).map(({ name }) => [name, readFile(fs, `${DIRECTORY}/${name}`)]);
    const before = filesIn(copy);
    await expect(copy.open(ELSEWHERE)).rejects.toMatchObject({ code: 'log_damaged' });
    expect(filesIn(copy)).toEqual(before);
    expect(segmentsIn(copy.fs).length).toBeGreaterThan(1);
  });

  test('has no checkpoint: nothing in it was ever synced in place', async () => {
    const world = logWorld();
    const original = await world.open();
    await append(original, 'a');
    await original.append({ type: 'checkpoint', upTo: 1 }).synced;
    await using log = await copyOf(world).open(ELSEWHERE);
    expect([original.checkpoint, log.checkpoint]).toStrictEqual([1, 0]);
  });

  test('made while the log grew ends where the copy has a hole, and keeps the rest for rescue', async () => {
    const world = logWorld();
    const original = await world.open();
    for (const label of ['a', 'b', 'c', 'd']) await append(original, label);
    const copy = copyOf(world, (bytes) => Uint8Array.from(bytes).fill(0, HOLE, HOLE + 64));
    const log = await copy.open({ ...ELSEWHERE, knownSeq: 4 });
    expect(contents(log)).toStrictEqual(['1 a']);
    expect(log.notices).toHaveLength(2);
    expect(copy.fs.lstat(segmentsIn(copy.fs)[0] ?? '')?.size).toBe(world.fs.lstat(segmentsIn(world.fs)[0] ?? '')?.size);
    expect(await append(log, 'e')).toBe(5);
    await using again = await copy.open(ELSEWHERE);
    expect(contents(again)).toStrictEqual(['1 a', '5 e']);
  });

  test('without the file that says where it belongs is taken for a copy', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a');
    await first.close(true);
    world.fs.unlink(`${DIRECTORY}/identity.json`);
    await using log = await world.open();
    expect([log.origin, ...contents(log)]).toStrictEqual(['copied', '1 a']);
  });
});

describe('a log that starts anew', () => {
  test('has a new id, and seqs that were never used', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a', 'b');
    await first.close(true);
    for (const { name } of world.fs.readDirectory(DIRECTORY)) world.fs.unlink(`${DIRECTORY}/${name}`);
    await using log = await world.open({ knownSeq: 2, knownLogId: first.id });
    expect([log.origin, log.lastSeq, await append(log, 'c')]).toStrictEqual(['new', 0, 3]);
    expect(log.id).not.toBe(first.id);
    expect(contents(log)).toStrictEqual(['3 c']);
  });
});

describe('durability os', () => {
  const OS = { durability: 'os' } as const;

  test('keeps what a killed process had handed to the kernel, under the same id', async () => {
    const world = logWorld();
    const first = await world.open(OS);
    await append(first, 'a');
    await using log = await world.open(OS);
    expect([log.id, log.origin, ...contents(log)]).toStrictEqual([first.id, 'crashed', '1 a']);
  });

  test('does not sync, but for checkpoints', async () => {
    const world = logWorld();
    await using log = await world.open(OS);
    let syncs = 0;
    const fdatasync = world.fs.fdatasync.bind(world.fs);
    world.fs.fdatasync = (fd) => ((syncs += 1), fdatasync(fd));
    await append(log, 'a');
    expect(syncs).toBe(0);
    await log.append({ type: 'checkpoint', upTo: 1 }).synced;
    expect(syncs).toBe(1);
  });

  test('a hole that a power cut left cuts the log there, under a new id', async () => {
    const world = logWorld();
    const first = await world.open(OS);
    for (const label of ['a', 'b', 'c']) await append(first, label);
    damage(world.fs, segmentsIn(world.fs)[0] ?? '', HOLE);
    await using log = await world.open(OS);
    expect(contents(log)).toStrictEqual(['1 a']);
    expect(log.id).not.toBe(first.id);
  });

  test('a lost tail that the catalog has seen gives a new id, and no seq twice', async () => {
    const world = logWorld();
    const first = await world.open(OS);
    await append(first, 'a');
    await using log = await world.open({ ...OS, knownSeq: 5, knownLogId: first.id });
    expect(log.id).not.toBe(first.id);
    expect(await append(log, 'b')).toBe(6);
  });

  test('damage before a synced checkpoint that later frames follow stops the start', async () => {
    const world = logWorld();
    const first = await world.open(OS);
    await append(first, 'a');
    await first.append({ type: 'checkpoint', upTo: 1 }).synced;
    await append(first, 'b');
    damage(world.fs, segmentsIn(world.fs)[0] ?? '', 64 + 77 + 60);
    await expect(world.open(OS)).rejects.toThrow(expect.objectContaining({ code: 'log_damaged' }));
  });

  test('what was written that way is judged that way when the setting changes', async () => {
    const world = logWorld();
    const first = await world.open(OS);
    for (const label of ['a', 'b', 'c']) await append(first, label);
    damage(world.fs, segmentsIn(world.fs)[0] ?? '', HOLE);
    await using log = await world.open({ durability: 'sync' });
    expect(contents(log)).toStrictEqual(['1 a']);
  });
});

import { describe, expect, test } from 'vitest';
import type { DraftEntry, DraftFrame } from '../../src/core/events.ts';
import { digestOf } from '../../src/core/digest.ts';
import { LarderError } from '../../src/core/errors.ts';
import { append, bytesFor, change, contents, create, entriesOf, entry, logWorld, segmentsIn } from './world.ts';

describe('what is appended', () => {
  test('is read back, in order, with its bytes', async () => {
    await using log = await logWorld().open();
    await append(log, 'a');
    await append(log, 'b', 'c');
    expect(contents(log)).toStrictEqual(['1 a', '2 b', '3 c']);
    expect(log.lastSeq).toBe(3);
  });

  test('is there after an orderly stop', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a');
    await first.close(true);
    await using log = await world.open();
    expect([log.id, log.origin, log.notices]).toStrictEqual([first.id, 'clean', []]);
    expect(contents(log)).toStrictEqual(['1 a']);
    expect(await append(log, 'b')).toBe(2);
  });

  test('is there after the process just ended', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a', 'b');
    await using log = await world.open();
    expect([log.id, log.origin, log.lastSeq]).toStrictEqual([first.id, 'crashed', 2]);
    expect(contents(log)).toStrictEqual(['1 a', '2 b']);
  });

  test('comes back as it was given, every field of it', async () => {
    const bytes = bytesFor('full');
    const full: DraftEntry = {
      op: 'move',
      path: 'ns/c/ünï 漢.json',
      from: 'ns/c/old.json',
      kind: 'invalid',
      digest: digestOf(bytes),
      size: bytes.length,
      before: digestOf(Buffer.from('before')),
      replaced: { ino: 2n ** 60n, birthtimeNs: 1_700_000_000_123_456_789n, mtimeNs: 5n },
      placed: { ino: 12n, birthtimeNs: 0n, mtimeNs: -1n },
      modifiedMs: 1_700_000_000_123,
      code: 'invalid',
      faults: [{ code: 'type', detail: 'not a number', pointer: '/a', line: 3, column: 7 }],
      inForce: false,
      becameInvalid: 3,
      becameValid: 0,
      bytes,
    };
    const bare: DraftEntry = { op: 'delete', path: 'ns/c/x.json', kind: null, digest: null, size: 0, before: null };
    const blob: DraftEntry = {
      op: 'create',
      path: 'ns/files/x',
      kind: 'valid',
      digest: digestOf(bytes),
      size: 2 ** 33,
      before: null,
      inBlob: true,
    };
    await using log = await logWorld().open();
    const draft: DraftFrame = {
      type: 'events',
      kind: 'verdict',
      origin: { atMs: 1_700_000_000_000, actor: 'Ada', cause: 'agent', changeSet: 'x', session: 's' },
      entries: [bare, full, blob],
    };
    const { frame, synced } = log.append(draft);
    await synced;
    expect([...log.read(0)]).toStrictEqual([frame]);
    expect(entriesOf(log.read(0)).map(({ body }) => body.in)).toStrictEqual(['nowhere', 'log', 'blob']);
  });

  test('is given from any seq on, also from within a change set', async () => {
    await using log = await logWorld().open();
    await append(log, 'a', 'b', 'c');
    await append(log, 'd');
    expect(contents(log, 1)).toStrictEqual(['2 b', '3 c', '4 d']);
    expect(contents(log, 4)).toStrictEqual([]);
    expect(contents(log, 99)).toStrictEqual([]);
  });

  test('is not read before it is synced', async () => {
    await using log = await logWorld().open();
    await append(log, 'a');
    const { synced } = log.append(create('b'));
    expect([log.lastSeq, ...contents(log)]).toStrictEqual([1, '1 a']);
    await synced;
    expect([log.lastSeq, ...contents(log)]).toStrictEqual([2, '1 a', '2 b']);
  });

  test('reaches a reader that had already begun', async () => {
    await using log = await logWorld().open();
    await append(log, 'a');
    const reader = log.read(0);
    expect(reader.next().value?.entries).toHaveLength(1);
    await append(log, 'b');
    expect(entriesOf(reader).map(({ seq }) => seq)).toStrictEqual([2]);
  });

  test('shares a sync with all that waits', async () => {
    const world = logWorld();
    await using log = await world.open();
    let syncs = 0;
    const fdatasync = world.fs.fdatasync.bind(world.fs);
    world.fs.fdatasync = (fd) => ((syncs += 1), fdatasync(fd));
    await Promise.all(Array.from({ length: 32 }, (_, index) => append(log, `w${index}`)));
    expect(syncs).toBe(1);
    expect(contents(log)).toHaveLength(32);
  });

  test('is compressed where that pays, and never shows it', async () => {
    await using log = await logWorld().open();
    const { frame, synced } = log.append(change(entry('small'), entry('large', 200_000)));
    await synced;
    const [small, large] = frame.type === 'events' ? frame.entries : [];
    expect(small?.body).toMatchObject({ in: 'log', encoding: 'raw' });
    expect(large?.body).toMatchObject({ in: 'log', encoding: 'zstd' });
    if (large?.body.in !== 'log' || !large.digest) throw new Error('no body');
    expect(large.body.length).toBeLessThan(10_000);
    expect(Buffer.from(log.readBody(large.body, large.digest))).toStrictEqual(Buffer.from(bytesFor('large', 200_000)));
  });

  test('must be what its digest says', async () => {
    await using log = await logWorld().open();
    const wrong = { ...entry('a'), digest: digestOf(Buffer.from('b')) };
    expect(() => log.append(change(wrong))).toThrow('do not have the digest');
    expect(await append(log, 'a')).toBe(1);
  });
});

describe('entries taken back', () => {
  const abort = (...seqs: number[]): DraftFrame => ({ type: 'abort', seqs });

  test('are never read again, from any start', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a', 'b');
    await append(first, 'c');
    await first.append(abort(2)).synced;
    expect(contents(first)).toStrictEqual(['1 a', '3 c']);
    await first.close(true);
    await using log = await world.open();
    expect(contents(log)).toStrictEqual(['1 a', '3 c']);
    expect(contents(log, 1)).toStrictEqual(['3 c']);
  });

  test('stay hidden when the frame that says so lies in a later segment', async () => {
    const world = logWorld();
    const first = await world.open({ segmentBytes: 600 });
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f']) await append(first, label);
    expect(segmentsIn(world.fs).length).toBeGreaterThan(2);
    await first.append(abort(1)).synced;
    expect(contents(first)).not.toContain('1 a');
    await using log = await world.open();
    expect(contents(log)).toStrictEqual(['2 b', '3 c', '4 d', '5 e', '6 f']);
  });
});

describe('checkpoints', () => {
  test('are remembered over a stop, a crash, and many segments', async () => {
    const world = logWorld();
    const first = await world.open({ segmentBytes: 600 });
    await append(first, 'a', 'b');
    await first.append({ type: 'checkpoint', upTo: 2 }).synced;
    for (const label of ['c', 'd', 'e']) await append(first, label);
    expect(first.checkpoint).toBe(2);
    const second = await world.open({ segmentBytes: 600 });
    expect(second.checkpoint).toBe(2);
    await second.close(true);
    await using log = await world.open();
    expect(log.checkpoint).toBe(2);
  });
});

describe('limits', () => {
  test('too much that waits is refused with a time to come back', async () => {
    await using log = await logWorld().open({ queueFrames: 3 });
    const waiting = ['a', 'b', 'c'].map((label) => log.append(create(label)).synced);
    const refused = expect.objectContaining({ code: 'busy', headers: { 'Retry-After': '1' } });
    expect(() => log.append(create('d'))).toThrow(refused);
    await Promise.all(waiting);
    expect(await append(log, 'e')).toBe(4);
  });

  test('one frame larger than the bound is taken when nothing else waits', async () => {
    await using log = await logWorld().open({ queueBytes: 1000 });
    await log.append(change(entry('large', 3000))).synced;
    const { synced } = log.append(change(entry('first', 3000)));
    expect(() => log.append(create('second'))).toThrow(LarderError);
    await synced;
  });

  test('a closed log takes nothing more', async () => {
    const log = await logWorld().open();
    const { synced } = log.append(create('a'));
    const closing = log.close(true);
    expect(() => log.append(create('b'))).toThrow(expect.objectContaining({ code: 'stopping' }));
    await Promise.all([synced, closing]);
  });
});

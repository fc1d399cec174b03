/** The bytes on disk, read here with nothing but a CBOR decoder, as somebody else's program would. */
import { hash } from 'blake3-wasm';
import { Decoder } from 'cbor-x';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { crc32c } from '../../src/events/crc32c.ts';
import { readFile } from '../../src/host/read-file.ts';
import { DIRECTORY, append, bytesFor, change, create, entry, logWorld, segmentsIn } from './world.ts';

interface RawFrame {
  readonly group: number;
  readonly head: unknown;
  readonly body: Buffer;
}

/** Walks a segment by the description in FORMAT.md. */
function decodeSegment(bytes: Buffer): { id: string; first: number; frames: RawFrame[] } {
  expect(bytes.toString('latin1', 0, 8)).toBe('LARDERL1');
  let chain = bytes.subarray(32, 64);
  const frames: RawFrame[] = [];
  for (let at = 64; at < bytes.length;) {
    expect(bytes.toString('latin1', at, at + 4)).toBe('LFR1');
    const [headBytes, bodyBytes] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    expect(bytes.readUInt32LE(at + 20)).toBe(crc32c(bytes.subarray(at, at + 20)));
    const head = bytes.subarray(at + 24, at + 24 + headBytes);
    const body = bytes.subarray(at + 24 + headBytes, at + 24 + headBytes + bodyBytes);
    const end = at + 24 + headBytes + bodyBytes + 32;
    const next = bytes.subarray(end - 32, end);
    expect(next.equals(hash(Buffer.concat([chain, head])) as Buffer)).toBe(true);
    frames.push({
      group: Number(bytes.readBigUInt64LE(at + 12)),
      head: new Decoder({ useRecords: false }).decode(head),
      body,
    });
    [chain, at] = [next, end];
  }
  return { id: bytes.toString('hex', 8, 24), first: Number(bytes.readBigUInt64LE(24)), frames };
}

const segment = (world: ReturnType<typeof logWorld>, index = 0): Buffer =>
  Buffer.from(readFile(world.fs, segmentsIn(world.fs)[index] ?? ''));

describe('a segment', () => {
  test('is what FORMAT.md says, and cut to its length by an orderly stop', async () => {
    const world = logWorld();
    const log = await world.open();
    await append(log, 'a', 'b');
    await log.append({ type: 'checkpoint', upTo: 2 }).synced;
    await log.append({ type: 'abort', seqs: [2] }).synced;
    await log.close(true);
    const { id, first, frames } = decodeSegment(segment(world));
    expect([id, first]).toStrictEqual([log.id, 1]);
    expect(frames.map(({ head }) => head)).toMatchObject([
      ['checkpoint', 0, 0, { upTo: 0 }],
      [
        'change',
        1,
        2,
        { actor: 'local', cause: 'api', set: 'set', entries: [{ seq: 1, path: 'ns/c/a.json' }, { seq: 2 }] },
      ],
      ['checkpoint', 2, 2, { upTo: 2 }],
      ['abort', 2, 2, { seqs: [2] }],
      ['clean', 2, 2, { upTo: 2, checkpoint: 2 }],
    ]);
    expect(frames[1]?.body.equals(Buffer.concat([bytesFor('a'), bytesFor('b')]))).toBe(true);
    expect(frames.map(({ body }) => body.length)).toStrictEqual([0, 80, 0, 0, 0]);
  });

  test('numbers its groups by their first frames', async () => {
    const world = logWorld();
    const log = await world.open();
    await append(log, 'a');
    await Promise.all([append(log, 'b'), append(log, 'c'), append(log, 'd')]);
    await append(log, 'e');
    await log.close(true);
    const { frames } = decodeSegment(segment(world));
    const first = frames[0]?.group ?? 0;
    expect(frames.map(({ group }) => group - first)).toStrictEqual([0, 1, 2, 2, 2, 5, 6]);
  });

  test('holds a large body as zstd, named by the digest of what it stands for', async () => {
    const world = logWorld();
    const log = await world.open();
    await log.append(change(entry('large', 100_000))).synced;
    await log.close(true);
    const frame = decodeSegment(segment(world)).frames[1];
    if (!frame) throw new Error('no frame');
    const { entries } = (frame.head as [string, number, number, { entries: { body: unknown[]; digest: Buffer }[] }])[3];
    expect(entries[0]?.body).toStrictEqual(['zstd', frame.body.length]);
    const bytes = zstdDecompressSync(frame.body);
    expect(digestOf(bytes)).toBe(entries[0]?.digest.toString('hex'));
  });

  test('holds the part of a version that was appended, under a digest of its own', async () => {
    const world = logWorld();
    const log = await world.open();
    await append(log, 'stream');
    const part = Buffer.from('{"line":2}\n');
    const { frame, synced } = log.append(change({ ...entry('stream'), size: 5000, bytes: part, base: 1 }));
    await synced;
    const body = frame.type === 'events' ? frame.entries[0]?.body : undefined;
    expect(body).toMatchObject({ in: 'tail', base: 1, part: digestOf(part) });
    expect(body?.in === 'tail' && Buffer.from(log.readBody(body, body.part)).equals(part)).toBe(true);
    await log.close(true);
    const head = decodeSegment(segment(world)).frames[2]?.head as [string, number, number, { entries: object[] }];
    expect(head[3].entries[0]).toMatchObject({
      base: 1,
      size: 5000,
      body: ['raw', part.length, Buffer.from(digestOf(part), 'hex')],
    });
    await using again = await world.open();
    expect([...again.read(1)]).toStrictEqual([frame]);
  });
});

describe('segments', () => {
  test('follow each other by size, each on the chain of the one before', async () => {
    const world = logWorld();
    const log = await world.open({ segmentBytes: 700 });
    for (let count = 0; count < 8; count += 1) await append(log, `d${count}`);
    await log.close(true);
    const all = segmentsIn(world.fs).map((_, index) => decodeSegment(segment(world, index)));
    expect(all.length).toBeGreaterThan(2);
    expect(segmentsIn(world.fs)[1]).toBe(`${DIRECTORY}/${String(all[1]?.first).padStart(16, '0')}.log`);
    for (const [index] of all.entries()) {
      const before = index > 0 ? segment(world, index - 1) : null;
      if (before) expect(segment(world, index).subarray(32, 64).equals(before.subarray(-32))).toBe(true);
    }
    expect(log.sizeBytes).toBe(segmentsIn(world.fs).reduce((sum, path) => sum + (world.fs.lstat(path)?.size ?? 0), 0));
  });

  test('follow each other by age', async () => {
    const world = logWorld();
    await using log = await world.open();
    await append(log, 'a');
    await world.clock.advance(8 * 24 * 3600 * 1000);
    await append(log, 'b');
    await append(log, 'c');
    expect(segmentsIn(world.fs)).toHaveLength(2);
  });

  test('a frame larger than a segment has one of its own', async () => {
    const world = logWorld();
    await using log = await world.open({ segmentBytes: 700 });
    await append(log, 'a');
    await log.append(change(entry('large', 3000))).synced;
    await log.append(create('b')).synced;
    expect(segmentsIn(world.fs)).toHaveLength(3);
  });
});

import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { BodyReader } from '../../src/events/body-reader.ts';
import { readDamaged } from '../../src/events/read-damaged.ts';
import { readFile } from '../../src/host/read-file.ts';
import { DIRECTORY, append, change, contents, create, damage, entry, labelOf, logWorld, segmentsIn } from './world.ts';
import type { LogWorld } from './world.ts';

/** A log that was not closed, with one frame a group; gives where each frame begins in its only segment. */
async function crashed(world: LogWorld, ...labels: readonly string[]): Promise<{ path: string; offsets: number[] }> {
  const log = await world.open();
  for (const label of labels) await append(log, label);
  const path = segmentsIn(world.fs)[0] ?? '';
  return { path, offsets: offsetsOf(world, path) };
}

function offsetsOf(world: LogWorld, path: string): number[] {
  const found = [...readDamaged(world.fs, DIRECTORY)].filter((item) => item.path === path && item.kind === 'frame');
  return found.map((item) => (item.kind === 'frame' ? item.offset : 0)).slice(1);
}

const damagedAt = (path: string, offset: number): unknown =>
  expect.objectContaining({ code: 'log_damaged', message: expect.stringContaining(`${path}, byte ${offset}`) });

const MAGIC = 0;
const HEAD = 60;
const BODY_FROM_END = 40;

describe('damage in the last group, when nobody has seen it', () => {
  test.each([
    ['its magic', MAGIC],
    ['its lengths', 5],
    ['its group', 13],
    ['its check', 21],
    ['its head', HEAD],
  ])('cuts it off: %s', async (_, inFrame) => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b', 'c');
    damage(world.fs, path, (offsets[2] ?? 0) + inFrame);
    await using log = await world.open();
    expect([log.origin, ...contents(log)]).toStrictEqual(['crashed', '1 a', '2 b']);
    expect(log.notices).toStrictEqual([expect.stringContaining(`${path} was cut at byte ${offsets[2]}`)]);
    expect(await append(log, 'd')).toBe(3);
    expect(contents(log)).toStrictEqual(['1 a', '2 b', '3 d']);
  });

  test('cuts it off for a torn body, and what follows in the group too', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a');
    await Promise.all([append(first, 'b'), append(first, 'c'), append(first, 'd')]);
    const path = segmentsIn(world.fs)[0] ?? '';
    const offsets = offsetsOf(world, path);
    damage(world.fs, path, (offsets[3] ?? 0) - BODY_FROM_END);
    await using log = await world.open();
    expect(contents(log)).toStrictEqual(['1 a', '2 b']);
  });

  test('the next start finds nothing to mend', async () => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b');
    damage(world.fs, path, (offsets[1] ?? 0) + HEAD);
    await (await world.open()).close(false);
    await using log = await world.open();
    expect([log.notices, contents(log)]).toStrictEqual([[], ['1 a']]);
  });

  test('a document that holds a log is not taken for one', async () => {
    const other = logWorld({ seed: 2 });
    await crashed(other, ...Array.from({ length: 30 }, (_, index) => `other${index}`));
    const image = readFile(other.fs, segmentsIn(other.fs)[0] ?? '').subarray(200, 3000);
    const world = logWorld();
    const log = await world.open();
    await append(log, 'a');
    const held = { ...entry('held'), bytes: image, size: image.length, digest: digestOf(image) };
    await log.append(change(held)).synced;
    const path = segmentsIn(world.fs)[0] ?? '';
    damage(world.fs, path, (offsetsOf(world, path)[1] ?? 0) + MAGIC);
    await using again = await world.open();
    expect(contents(again)).toStrictEqual(['1 a']);
  });
});

describe('damage that no crash leaves', () => {
  test.each([
    ['its magic', MAGIC],
    ['its head', HEAD],
  ])('before a later group stops the start and names the place: %s', async (_, inFrame) => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b', 'c', 'd');
    const at = offsets[1] ?? 0;
    damage(world.fs, path, at + inFrame);
    await expect(world.open()).rejects.toThrow(damagedAt(path, at));
  });

  test('in the last frame of a group of several, before the next group, stops the start', async () => {
    const world = logWorld();
    const first = await world.open();
    await Promise.all([append(first, 'a'), append(first, 'b')]);
    await append(first, 'c');
    const path = segmentsIn(world.fs)[0] ?? '';
    const at = offsetsOf(world, path)[1] ?? 0;
    damage(world.fs, path, at + MAGIC);
    await expect(world.open()).rejects.toThrow(damagedAt(path, at));
  });

  test('of what the catalog has seen stops the start', async () => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b');
    damage(world.fs, path, (offsets[1] ?? 0) + HEAD);
    await expect(world.open({ knownSeq: 2 })).rejects.toThrow('the catalog has seen event 2');
  });

  test('of what only the catalog of another log has seen does not', async () => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b');
    damage(world.fs, path, (offsets[1] ?? 0) + HEAD);
    await using log = await world.open({ knownSeq: 2, knownLogId: '00'.repeat(16) });
    expect([log.lastSeq, await append(log, 'c')]).toStrictEqual([1, 3]);
  });

  test('before a clean stop stops the start', async () => {
    const world = logWorld();
    const first = await world.open();
    await append(first, 'a');
    await first.close(true);
    const path = segmentsIn(world.fs)[0] ?? '';
    damage(world.fs, path, (world.fs.lstat(path)?.size ?? 0) - 5);
    damage(world.fs, path, (offsetsOf(world, path)[0] ?? 0) + HEAD);
    await expect(world.open()).rejects.toThrow('what was synced later follows');
  });

  test.each([
    ['the magic', 0, 'does not begin as a segment does'],
    ['the first seq', 24, 'its first seq is not'],
    ['the chain', 40, 'does not fit the chain'],
  ])('in the header of a segment stops the start: %s', async (_, at, reason) => {
    const world = logWorld();
    const { path } = await crashed(world, 'a');
    damage(world.fs, path, at);
    await expect(world.open()).rejects.toThrow(reason);
  });

  test('in an earlier segment is found by whoever reads it, not by the start', async () => {
    const world = logWorld();
    const first = await world.open({ segmentBytes: 600 });
    for (const label of ['a', 'b', 'c', 'd', 'e']) await append(first, label);
    const [path = ''] = segmentsIn(world.fs);
    damage(world.fs, path, 64 + HEAD);
    await using log = await world.open();
    expect(() => contents(log)).toThrow(damagedAt(path, 64));
    expect(contents(log, 4)).toStrictEqual(['5 e']);
  });

  test('a log of a newer Larder is refused, and said to be whole', async () => {
    const world = logWorld();
    const { path } = await crashed(world, 'a');
    damage(world.fs, path, 7, () => '2'.charCodeAt(0));
    await expect(world.open()).rejects.toMatchObject({
      code: 'log_newer',
      message: expect.stringContaining('"LARDERL2"'),
      meaning: { hint: expect.stringContaining('Nothing is damaged') },
    });
  });
});

describe('a body on disk', () => {
  test('that does not match its digest is never given', async () => {
    const world = logWorld();
    await using log = await world.open();
    const { frame, synced } = log.append(create('a'));
    await synced;
    const body = frame.type === 'events' ? frame.entries[0]?.body : undefined;
    if (body?.in !== 'log') throw new Error('no body');
    damage(world.fs, segmentsIn(world.fs)[0] ?? '', body.offset + 3);
    const segment = segmentsIn(world.fs)[0];
    expect(() => contents(log)).toThrow(
      expect.objectContaining({ code: 'version_damaged', members: { segment, offset: body.offset } }),
    );
  });

  test('of a segment that is not there is gone', async () => {
    const world = logWorld();
    await using log = await world.open();
    await append(log, 'a');
    world.fs.unlink(segmentsIn(world.fs)[0] ?? '');
    const place = { in: 'log', segment: 1, offset: 200, length: 5, encoding: 'raw' } as const;
    const digest = entry('a').digest;
    expect(() => digest && log.readBody(place, digest)).toThrow(expect.objectContaining({ code: 'gone' }));
  });
});

describe('a log that cannot be opened', () => {
  test('gives every frame that is whole, and says what lies between', async () => {
    const world = logWorld();
    const { path, offsets } = await crashed(world, 'a', 'b', 'c', 'd');
    damage(world.fs, path, (offsets[1] ?? 0) + MAGIC);
    const found = [...readDamaged(world.fs, DIRECTORY)];
    const labels = found.flatMap((item) =>
      item.kind === 'gap'
        ? [`gap ${item.from}-${item.to}`]
        : item.frame.type === 'events'
          ? item.frame.entries.map(labelOf)
          : [],
    );
    expect(labels).toStrictEqual(['a', `gap ${offsets[1]}-${offsets[2]}`, 'c', 'd']);
    using bodies = new BodyReader(world.fs, DIRECTORY);
    for (const item of found)
      if (item.kind === 'frame' && item.frame.type === 'events')
        for (const { body, digest } of item.frame.entries)
          if (body.in === 'log' && digest) expect(bodies.read(body, digest)).toBeDefined();
  });

  test('gives its frames even when the header of the segment is gone', async () => {
    const world = logWorld();
    const { path } = await crashed(world, 'a', 'b');
    damage(world.fs, path, 0);
    const kinds = [...readDamaged(world.fs, DIRECTORY)].map((item) => (item.kind === 'gap' ? 'gap' : item.standing));
    expect(kinds).toStrictEqual(['gap', 'loose', 'chained', 'chained']);
  });
});

import { describe, expect, test } from 'vitest';
import { openEventLog } from '../../src/events/event-log.ts';
import { readDamaged } from '../../src/events/read-damaged.ts';
import type { Dropped, EventLog, EventLogOptions } from '../../src/events/types.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { seededChance } from '../../src/host/simulated-random.ts';
import { DIRECTORY, append, change, contents, damage, entriesOf, entry, logWorld, segmentsIn } from './world.ts';
import type { LogWorld } from './world.ts';

/** Three events in a segment that is sealed, a fourth behind it. */
async function sealed(world: LogWorld, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  const log = await world.open(options);
  await log.append(change(entry('a', 5000), entry('b', 80), entry('c'))).synced;
  await log.seal();
  await append(log, 'd');
  return log;
}

const places = (log: EventLog): string[] => entriesOf(log.read(0)).map(({ seq, body }) => `${seq} ${body.in}`);

const DROPPED = ['1 log', '2 nowhere', '3 log', '4 log'];
const WHOLE = ['1 log', '2 log', '3 log', '4 log'];

const dropSecond = (log: EventLog, moved = () => Promise.resolve()): Promise<Dropped> =>
  log.drop(1, (seq) => seq === 2, moved);

const chainsOf = (world: LogWorld): string[] =>
  [...readDamaged(world.fs, DIRECTORY)].map((item) =>
    item.kind === 'frame' ? Buffer.from(item.chain).toString('hex') : 'gap',
  );

/** Flips a bit in the stored bytes of a version. */
function rot(world: LogWorld, log: EventLog, seq: number): void {
  const body = entriesOf(log.read(0)).find((one) => one.seq === seq)?.body;
  if (body?.in !== 'log') throw new Error('the bytes are in the log');
  damage(world.fs, segmentsIn(world.fs)[0] ?? '', body.offset + 5);
}

/** Seqs whose bytes can be read. */
const readable = (log: EventLog): number[] =>
  entriesOf(log.read(0)).flatMap(({ seq, body, digest }) => {
    try {
      return body.in === 'log' && digest !== null && log.readBody(body, digest) ? [seq] : [];
    } catch {
      return [];
    }
  });

describe('dropping the bytes of a version', () => {
  test('leaves heads, chain and the bytes of all others, after a restart too', async () => {
    const world = logWorld();
    const log = await sealed(world);
    const before = chainsOf(world);
    expect(await dropSecond(log)).toEqual({ freed: expect.any(Number), damaged: [] });
    expect([places(log), chainsOf(world)]).toEqual([DROPPED, before]);
    expect(contents(log)).toEqual(['1 a', '2 b', '3 c', '4 d']);
    await log.close(true);
    await using again = await world.open();
    expect([places(again), again.origin]).toEqual([DROPPED, 'clean']);
    expect(contents(again)).toEqual(['1 a', '2 b', '3 c', '4 d']);
  });

  test.each([
    ['whole', []],
    ['damaged', [1, 3]],
  ])('gives the event loop back while it proves what it wrote: %s', async (_, rotten) => {
    const world = logWorld();
    let [nowMs, turns] = [0, 0];
    const clock: EventLogOptions['clock'] = {
      ...world.clock,
      monotonicMs: () => (nowMs += 20),
      yieldTurn: () => {
        turns++;
        return world.clock.yieldTurn();
      },
    };
    await using log = await sealed(world, { clock });
    for (const seq of rotten) rot(world, log, seq);
    turns = 0;
    await dropSecond(log);
    // Behind the frame and each of the two bodies; where they are damaged, in what was there before as well, which has all three.
    expect(turns).toBeGreaterThanOrEqual(rotten.length === 0 ? 3 : 7);
  });

  test('can go on until nothing is left', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    for (const gone of [2, 1, 3])
      await log.drop(
        1,
        (seq) => seq === gone,
        () => Promise.resolve(),
      );
    expect(places(log)).toEqual(['1 nowhere', '2 nowhere', '3 nowhere', '4 log']);
    expect(log.replaced).toEqual({ 1: 3 });
  });

  test('changes nothing where there is nothing to drop', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    const [segment = ''] = segmentsIn(world.fs);
    const before = world.fs.lstat(segment)?.ino;
    expect(
      await log.drop(
        1,
        () => false,
        () => Promise.resolve(),
      ),
    ).toEqual({ freed: 0, damaged: [] });
    expect([world.fs.lstat(segment)?.ino, log.replaced]).toEqual([before, {}]);
  });

  test('serves those who know the old places until they are told', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    const [, , third] = entriesOf(log.read(0));
    if (third?.body.in !== 'log' || third.digest === null) throw new Error('the bytes are in the log');
    const { body, digest } = third;
    const known: string[] = [];
    await dropSecond(log, async () => {
      known.push(Buffer.from(log.readBody(body, digest)).toString());
    });
    expect(known[0]).toContain('"c"');
    expect(() => log.readBody(body, digest)).toThrow(expect.objectContaining({ code: 'version_damaged' }));
  });

  test('refuses a segment that is damaged, and leaves it', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    const [segment = ''] = segmentsIn(world.fs);
    damage(world.fs, segment, 64 + 77 + 30);
    await expect(dropSecond(log)).rejects.toMatchObject({ code: 'log_damaged' });
    expect([segmentsIn(world.fs).length, log.replaced]).toEqual([2, {}]);
  });

  test('leaves the damaged bytes of another version as they are, and names it', async () => {
    const world = logWorld();
    const log = await sealed(world);
    const [before, [segment = '']] = [chainsOf(world), segmentsIn(world.fs)];
    rot(world, log, 3);
    expect(await dropSecond(log)).toEqual({
      freed: expect.any(Number),
      damaged: [{ seq: 3, path: 'ns/c/c.json', segment, offset: expect.any(Number) }],
    });
    expect([places(log), chainsOf(world), readable(log)]).toEqual([DROPPED, before, [1, 4]]);
    rot(world, log, 3);
    expect(readable(log)).toEqual([1, 3, 4]);
    await log.close(true);
    await using again = await world.open();
    expect([places(again), readable(again)]).toEqual([DROPPED, [1, 3, 4]]);
  });

  test('takes damaged bytes away like others', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    rot(world, log, 2);
    expect(await dropSecond(log)).toMatchObject({ damaged: [] });
    expect([places(log), readable(log)]).toEqual([DROPPED, [1, 3, 4]]);
  });

  test('refuses where a damaged bit hides whose bytes are left, and leaves the segment', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    await dropSecond(log);
    const [first] = entriesOf(log.read(0));
    const [segment = ''] = segmentsIn(world.fs);
    if (first?.body.in !== 'log') throw new Error('the bytes are in the log');
    damage(world.fs, segment, first.body.offset - 1, (bits) => bits ^ 2);
    const before = world.fs.lstat(segment)?.ino;
    await expect(
      log.drop(
        1,
        (seq) => seq === 3,
        () => Promise.resolve(),
      ),
    ).rejects.toMatchObject({ code: 'log_damaged', message: expect.stringContaining('cannot be told') });
    expect([world.fs.lstat(segment)?.ino, log.replaced]).toEqual([before, { 1: 1 }]);
  });

  test('a seal of a segment without events is none', async () => {
    const world = logWorld();
    await using log = await sealed(world);
    await log.seal();
    await log.seal();
    expect(segmentsIn(world.fs)).toHaveLength(3);
    expect(await append(log, 'e')).toBe(5);
    expect(contents(log)).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e']);
  });

  test('a blob that was dropped is gone, and those beside it are not', async () => {
    const world = logWorld();
    await using log = await world.open();
    const { bytes: _bytes, ...large } = entry('large');
    const { bytes: _more, ...larger } = entry('larger');
    await log.append(change({ ...large, inBlob: true }, entry('small'), { ...larger, inBlob: true })).synced;
    await log.seal();
    await log.drop(
      1,
      (seq) => seq === 1,
      () => Promise.resolve(),
    );
    expect(places(log)).toEqual(['1 nowhere', '2 log', '3 blob']);
  });
});

describe('a drop that is cut off', () => {
  test('at any call leaves the old segment or the new one, whole', async () => {
    const seen = new Set<string>();
    for (let nth = 1; ; nth++) {
      const world = logWorld({ seed: nth });
      await (await sealed(world)).close(true);
      let isReached = false;
      const fs = faultyFileSystem(world.fs, [{ nth, outcome: { kind: 'error', code: 'EIO' } }]);
      try {
        const log = await openEventLog({
          fs,
          clock: world.clock,
          random: (length) => new Uint8Array(length),
          directory: DIRECTORY,
          durability: 'sync',
          rootIdentity: '1:2',
          aheadBytes: 4096,
        });
        isReached = true;
        await dropSecond(log);
        seen.add('done');
        if (nth > 200) break;
      } catch {
        seen.add(isReached ? 'failed' : 'did not open');
      }
      world.fs = world.fs.crash(seededChance(nth));
      await using again = await world.open();
      expect([DROPPED, WHOLE]).toContainEqual(places(again));
      expect(contents(again)).toEqual(['1 a', '2 b', '3 c', '4 d']);
      if (JSON.stringify(places(again)) === JSON.stringify(DROPPED)) expect(again.replaced).toEqual({ 1: 1 });
    }
    expect([...seen].toSorted()).toEqual(['did not open', 'done', 'failed']);
  });
});

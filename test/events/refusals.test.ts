import { describe, expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { checkDamaged } from '../../src/events/read-damaged.ts';
import type { EventLog } from '../../src/events/types.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { seededChance } from '../../src/host/simulated-random.ts';
import { append, change, contents, create, entry, logWorld, segmentsIn } from './world.ts';
import type { LogWorld } from './world.ts';

function openWith(world: LogWorld, ...plan: Fault[]): Promise<EventLog> {
  return world.open({ fs: faultyFileSystem(world.fs, plan) });
}

const fails = (code: string, calls: Fault['calls'], nth: number, more: Partial<Fault> = {}): Fault => ({
  ...(calls && { calls }),
  path: '.log',
  nth,
  outcome: { kind: 'error', code },
  ...more,
});

const refusal = (promise: Promise<unknown>): Promise<LarderError> =>
  promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => {
      if (error instanceof LarderError) return error;
      throw error;
    },
  );

/** Leaves no free byte; gives the path of what takes them. */
function fill(world: LogWorld): string {
  const path = '/root/filler';
  const fd = world.fs.open(path, 'create-new');
  const { freeBytes } = world.fs.space('/');
  world.fs.write(fd, new Uint8Array(freeBytes), 0, freeBytes, 0);
  world.fs.close(fd);
  return path;
}

/** What each of many power cuts at this moment leaves. */
async function afterPowerCut(prepare: () => Promise<LogWorld>): Promise<Set<string>> {
  const found = new Set<string>();
  for (let seed = 0; seed < 40; seed += 1) {
    const world = await prepare();
    world.fs = world.fs.crash(seededChance(seed));
    const log = await world.open();
    found.add(contents(log).join(', '));
    await log.close(false);
  }
  return found;
}

describe('a full disk', () => {
  test('refuses what does not fit, and takes what comes when there is space again, in the same segment', async () => {
    const world = logWorld({ capacityBytes: 64 * 1024 });
    await using log = await world.open();
    await append(log, 'a');
    const filler = fill(world);
    const large = change(entry('large', 4000), entry('more', 4000));
    const error = await refusal(log.append(large).synced);
    expect([error.code, error.members]).toStrictEqual(['disk_full', {}]);
    world.fs.unlink(filler);
    await append(log, 'b');
    expect(contents(log)).toStrictEqual(['1 a', '4 b']);
    expect(segmentsIn(world.fs)).toHaveLength(1);
  });

  test('refuses what waits behind, and never changes the order', async () => {
    const world = logWorld();
    await using log = await openWith(world, fails('ENOSPC', ['write'], 2));
    const [a, b] = [log.append(create('a')), log.append(create('b'))];
    const errors = await Promise.all([refusal(a.synced), refusal(b.synced)]);
    expect(errors.map(({ code }) => code)).toStrictEqual(['disk_full', 'disk_full']);
    await append(log, 'c');
    await append(log, 'd');
    expect(contents(log)).toStrictEqual(['3 c', '4 d']);
  });

  test('does not keep the log from opening, not even a new one', async () => {
    const world = logWorld({ capacityBytes: 64 * 1024 });
    const filler = fill(world);
    await using log = await world.open();
    expect(log.notices).toStrictEqual([expect.stringContaining('the disk is full')]);
    expect((await refusal(log.append(create('a')).synced)).code).toBe('disk_full');
    expect(contents(log)).toStrictEqual([]);
    world.fs.unlink(filler);
    await append(log, 'b');
    expect(contents(log)).toStrictEqual(['2 b']);
  });

  test('does not keep the log from opening after a crash', async () => {
    const world = logWorld({ capacityBytes: 64 * 1024 });
    await append(await world.open({ aheadBytes: 0 }), 'a');
    fill(world);
    await using log = await world.open();
    expect([log.origin, ...contents(log)]).toStrictEqual(['crashed', '1 a']);
  });

  test('zeros ahead are given up before a frame is', async () => {
    const world = logWorld({ capacityBytes: 16 * 1024 });
    await using log = await world.open({ aheadBytes: 1024 * 1024 });
    await append(log, 'a');
    expect(contents(log)).toStrictEqual(['1 a']);
  });
});

describe('a failed sync', () => {
  test('is never repeated on the descriptor: the log goes on in a new segment', async () => {
    const world = logWorld();
    await using log = await world.open();
    await append(log, 'a');
    world.fs.failNextSyncs(1);
    const error = await refusal(log.append(create('b')).synced);
    expect([error.code, error.members]).toStrictEqual(['log_unwritable', {}]);
    await append(log, 'c');
    expect(segmentsIn(world.fs)).toHaveLength(2);
    expect(contents(log)).toStrictEqual(['1 a', '3 c']);
  });

  test('leaves nothing of what was refused, whenever power goes then', async () => {
    const outcomes = await afterPowerCut(async () => {
      const world = logWorld();
      const log = await world.open();
      await append(log, 'a');
      world.fs.failNextSyncs(1);
      await refusal(log.append(create('b')).synced);
      return world;
    });
    expect(outcomes).toStrictEqual(new Set(['1 a']));
  });

  test('of the cut too is made good by the chain of a new segment', async () => {
    const outcomes = await afterPowerCut(async () => {
      const world = logWorld();
      const log = await world.open();
      await append(log, 'a');
      world.fs.failNextSyncs(2);
      const error = await refusal(log.append(create('b')).synced);
      expect(error.members).toStrictEqual({});
      return world;
    });
    expect(outcomes).toStrictEqual(new Set(['1 a']));
  });

  test('of the cut too leaves what was refused behind the log, whole or torn, and nothing of it is missed', async () => {
    const world = logWorld();
    await using log = await world.open();
    await append(log, 'a');
    world.fs.failNextSyncs(2);
    await refusal(log.append(create('b')).synced);
    await append(log, 'c');
    const [first = ''] = segmentsIn(world.fs);
    const fd = world.fs.open(first, 'append-or-create');
    world.fs.write(fd, Buffer.from('a piece of a frame'), 0, 18, 0);
    world.fs.close(fd);
    await using again = await world.open();
    const found = [...checkDamaged(world.fs, again.survey().segments)];
    expect(found.filter(({ kind }) => kind === 'gap')).toEqual([]);
    expect(contents(again)).toStrictEqual(['1 a', '3 c']);
  });

  test('of everything says that the outcome is unknown, and the log recovers when the disk does', async () => {
    const world = logWorld();
    await using log = await world.open();
    await append(log, 'a');
    world.fs.failNextSyncs(3);
    expect((await refusal(log.append(create('b')).synced)).members).toStrictEqual({ outcome: 'unknown' });
    await append(log, 'c');
    expect(contents(log)).toStrictEqual(['1 a', '3 c']);
    await using again = await world.open();
    expect(contents(again)).toStrictEqual(['1 a', '3 c']);
  });
});

describe('a write that fails half-way', () => {
  test.each(['EIO', 'ENOSPC', 'EDQUOT'])('with %s leaves nothing, whenever power goes then', async (code) => {
    const outcomes = await afterPowerCut(async () => {
      const world = logWorld();
      const short: Fault = { calls: ['write'], path: '.log', nth: 4, outcome: { kind: 'short', bytes: 50 } };
      const log = await openWith(world, short, fails(code, ['write'], 5));
      await append(log, 'a');
      const error = await refusal(Promise.all([log.append(create('b')).synced, log.append(create('c')).synced]));
      expect(error.code).toBe(code === 'EIO' ? 'log_unwritable' : 'disk_full');
      return world;
    });
    expect(outcomes).toStrictEqual(new Set(['1 a']));
  });

  test('short writes are completed', async () => {
    const world = logWorld();
    await using log = await openWith(world, {
      calls: ['write'],
      nth: 1,
      forever: true,
      outcome: { kind: 'short', bytes: 7 },
    });
    await append(log, 'a', 'b');
    expect(contents(log)).toStrictEqual(['1 a', '2 b']);
  });
});

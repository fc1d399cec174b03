/** The log on a real disk: what the simulated one cannot show. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openEventLog } from '../../src/events/event-log.ts';
import type { EventLog, EventLogOptions } from '../../src/events/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { seededBytes } from '../../src/host/simulated-random.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { append, contents, create } from './world.ts';

interface RealWorld extends AsyncDisposable {
  readonly directory: string;
  open(options?: Partial<EventLogOptions>): Promise<EventLog>;
}

function realWorld(): RealWorld {
  const root = mkdtempSync(join(tmpdir(), 'larder-log-'));
  const directory = join(root, '.larder/log');
  const base = {
    fs: nodeFileSystem,
    clock: systemClock,
    random: seededBytes(1),
    directory,
    durability: 'sync',
    rootIdentity: '1:2',
  } as const;
  return {
    directory,
    open: (more = {}) => openEventLog({ ...base, ...more }),
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true }),
  };
}

const segmentIn = (directory: string): string =>
  join(directory, readdirSync(directory).find((name) => name.endsWith('.log')) ?? '');

test('what was appended by many at once is there after a stop, in a file without slack', async () => {
  await using world = realWorld();
  const first = await world.open();
  await Promise.all(Array.from({ length: 50 }, (_, index) => append(first, `d${index}`)));
  expect(statSync(segmentIn(world.directory)).size).toBeGreaterThan(256 * 1024);
  await first.close(true);
  await using log = await world.open();
  expect([log.origin, contents(log).length, log.sizeBytes]).toStrictEqual([
    'clean',
    50,
    statSync(segmentIn(world.directory)).size,
  ]);
});

test('only the owner can read the log', async () => {
  await using world = realWorld();
  await using log = await world.open();
  await append(log, 'a');
  const modes = [world.directory, join(world.directory, '..'), segmentIn(world.directory)].map(
    (path) => statSync(path).mode & 0o777,
  );
  expect(modes).toStrictEqual([0o700, 0o700, 0o600]);
});

test('any one flipped bit of a log is either cut off, refused, or never given', async () => {
  await using world = realWorld();
  const first = await world.open();
  for (const label of ['a', 'b', 'c']) await append(first, label);
  await first.close(false);
  const path = segmentIn(world.directory);
  const [whole, identity] = [readFileSync(path), readFileSync(join(world.directory, 'identity.json'))];
  const end = whole.findLastIndex((byte) => byte !== 0) + 1;
  const before = contents(first);
  for (let at = 0; at < end; at += 13) {
    const broken = Buffer.from(whole);
    broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
    for (const name of readdirSync(world.directory)) rmSync(join(world.directory, name));
    writeFileSync(path, broken);
    writeFileSync(join(world.directory, 'identity.json'), identity);
    const seen = await look(world);
    const isHonest = seen.every((line) => before.includes(line) || line.startsWith('LarderError'));
    expect(isHonest, `bit in byte ${at}: ${seen.join()}`).toBe(true);
  }
});

/** What a start gives, line by line; its error where it refuses. */
async function look(world: RealWorld): Promise<string[]> {
  try {
    await using log = await world.open();
    return contents(log);
  } catch (error) {
    return [String(error)];
  }
}

test('a process killed while it appends loses nothing that it was told', async () => {
  await using world = realWorld();
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, [
      fileURLToPath(import.meta.resolve('./append-for-ever.ts')),
      world.directory,
      String(round),
    ]);
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line);
      if (told.length === 40) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await using log = await world.open();
    expect(contents(log)).toStrictEqual(expect.arrayContaining(told));
    expect(told.length).toBeGreaterThanOrEqual(40);
  }
});

test('nothing is left open or waiting by a log that is closed', async () => {
  await using world = realWorld();
  const before = readdirSync('/proc/self/fd').length;
  const log = await world.open();
  await append(log, 'a');
  expect(contents(log)).toHaveLength(1);
  const reader = log.read(0);
  reader.next();
  reader.return();
  log.append(create('b'));
  await log.close(true);
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});

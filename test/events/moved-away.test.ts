/** A log that is moved, or replaced, while it is in use: nothing is answered that no start would find. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEventLog } from '../../src/events/event-log.ts';
import type { EventLog } from '../../src/events/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { append, contents } from './world.ts';
import { bytes, me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';

/** What lies in a directory, by name. */
const filesIn = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'latin1')]));

interface TwoLogs extends Disposable {
  readonly directory: string;
  /** Puts the log of another root in the place of ours; another time it takes it away again. */
  swap(): void;
  open(fs?: FileSystem): Promise<EventLog>;
}

async function twoLogs(): Promise<TwoLogs> {
  const root = mkdtempSync(join(tmpdir(), 'larder-two-'));
  const directory = join(root, '.larder/log');
  const [other, aside] = [join(root, 'other'), join(root, 'aside')];
  const open = (fs: FileSystem = nodeFileSystem): Promise<EventLog> =>
    openEventLog({
      fs,
      clock: systemClock,
      random: systemRandom,
      directory,
      durability: 'sync',
      rootIdentity: '1:2',
    });
  const theirs = await open();
  await append(theirs, 'x', 'y');
  await theirs.seal();
  await append(theirs, 'z');
  await theirs.close(true);
  renameSync(directory, other);
  return {
    directory,
    open,
    swap() {
      renameSync(directory, aside);
      renameSync(other, directory);
      renameSync(aside, other);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

test('a log in the place of which another lies writes nothing into that one: no identity, no segment anew', async () => {
  using logs = await twoLogs();
  await using log = await logs.open();
  await append(log, 'a', 'b');
  await log.seal();
  await append(log, 'c');
  logs.swap();
  const theirs = filesIn(logs.directory);
  const drop = (): Promise<unknown> =>
    log.drop(
      1,
      (seq) => seq === 1,
      () => Promise.resolve(),
    );
  await expect(log.noteClockLeft(1)).rejects.toEqual(REFUSED);
  await expect(drop()).rejects.toEqual(REFUSED);
  await expect(log.seal()).rejects.toEqual(REFUSED);
  expect(filesIn(logs.directory)).toEqual(theirs);
  logs.swap();
  await log.noteClockLeft(1);
  expect(await drop()).toMatchObject({ damaged: [] });
  expect(log.replaced).toEqual({ 1: 1 });
});

test('what a failed sync left is not cut off from the log that lies there by then, nor does ours go on in it', async () => {
  using logs = await twoLogs();
  let fails = false;
  const fdatasync: FileSystem['fdatasync'] = async (fd) => {
    if (!fails) return nodeFileSystem.fdatasync(fd);
    fails = false;
    logs.swap();
    throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fdatasync' });
  };
  await using log = await logs.open({ ...nodeFileSystem, fdatasync });
  await append(log, 'a');
  fails = true;
  const refused = append(log, 'b');
  await expect(refused).rejects.toMatchObject({ code: 'log_unwritable', members: { outcome: 'unknown' } });
  const theirs = filesIn(logs.directory);
  await expect(append(log, 'c')).rejects.toEqual(REFUSED);
  expect(filesIn(logs.directory)).toEqual(theirs);
  logs.swap();
  await append(log, 'd');
  expect(contents(log).map((line) => line.slice(2))).toEqual(['a', 'd']);
  logs.swap();
  await using other = await logs.open();
  expect([other.origin, contents(other)]).toEqual(['clean', ['1 x', '2 y', '3 z']]);
});

const put = (world: TestLarder, v: number): Promise<unknown> =>
  world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v }) } }, me);

const REFUSED = expect.objectContaining({
  code: 'log_unwritable',
  message: expect.stringContaining('not the file that was opened'),
});

test.each([
  ['moved away', (log: string) => renameSync(log, `${log}-away`)],
  [
    'replaced by a copy of it',
    (log: string) => {
      renameSync(log, `${log}-away`);
      cpSync(`${log}-copy`, log, { recursive: true, preserveTimestamps: true });
    },
  ],
])('a log that was %s takes no write until it is back', async (_, disturb) => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const log = join(world.root, '.larder/log');
  await put(world, 2);
  cpSync(log, `${log}-copy`, { recursive: true, preserveTimestamps: true });
  disturb(log);
  await expect(put(world, 3)).rejects.toEqual(REFUSED);
  await expect(put(world, 4)).rejects.toEqual(REFUSED);
  expect(readFileSync(join(world.root, 'lod/things/a.json'), 'utf8')).toBe('{"v": 2}');
  if (existsSync(log)) rmSync(log, { recursive: true });
  renameSync(`${log}-away`, log);
  await expect.poll(() => put(world, 5).catch(() => null), { timeout: 20_000 }).toMatchObject({ outcome: 'updated' });
  const history = world.larder.history(ref('a'), { before: null, limit: 10 })?.items;
  expect(history?.map(({ op }) => op)).toEqual(['update', 'update', 'create']);
});

test('a log over which an older one was copied takes no write: what would be appended lies behind a gap', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const log = join(world.root, '.larder/log');
  const [segment = ''] = readdirSync(log).filter((name) => name.endsWith('.log'));
  const older = readFileSync(join(log, segment));
  for (const v of [2, 3, 4]) await put(world, v);
  const own = readFileSync(join(log, segment));
  writeFileSync(join(log, segment), older);
  await expect(put(world, 5)).rejects.toMatchObject({
    message: expect.stringContaining('does not end as it was left'),
  });
  writeFileSync(join(log, segment), own);
  await expect.poll(() => put(world, 6).catch(() => null), { timeout: 20_000 }).toMatchObject({ outcome: 'updated' });
});

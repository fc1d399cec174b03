import {
  appendFileSync,
  closeSync,
  cpSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { LoggedEntry } from '../../src/core/events.ts';
import type { CurrentAnswer } from '../../src/core/requests.ts';
import { openEventLog } from '../../src/events/event-log.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openLarder, type OpenOptions } from '../../src/larder.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';
import { bytes, me, notingSyncs, openTestLarder, ref } from './world.ts';

test('what is saved into a file that redo has just replaced is in the history', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  let saving = -1;
  await using copy = await openCopy(world.root, (root) => {
    writeFileSync(join(root, 'lod/things/a.json'), '{"v": 1}');
    saving = openSync(join(root, 'lod/things/a.json'), 'r+');
  });
  expect(readFileSync(join(copy.root, 'lod/things/a.json'), 'utf8')).toBe('{"v": 2}');
  ftruncateSync(saving, 0);
  writeSync(saving, '{"v": "saved late"}');
  closeSync(saving);
  const history = () => copy.larder.history(ref('a'), { before: null, limit: 10 })?.items;
  await expect.poll(() => history()?.map(({ kind }) => kind), { timeout: 20_000 }).toContain('rescued');
});

test('a temp file that a power cut left torn is no version of anything', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const { etag } = await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  await using copy = await openCopy(world.root, (root) => {
    for (const [index, text] of ['', '{"v"', '\0\0\0\0'].entries())
      writeFileSync(join(root, `.larder/tmp/${etag?.slice(0, 16)}-${index}`), text);
  });
  const items = copy.larder.history(ref('a'), { before: null, limit: 10 })?.items;
  expect(items?.map(({ kind }) => kind)).toEqual(['valid', 'valid']);
  await expect.poll(() => readdirSync(join(copy.root, '.larder/tmp')), { timeout: 20_000 }).toEqual([]);
});

/** Beyond what the log itself keeps: the version lies in the blob store, and what is appended to it in the log. */
const STREAM = '{"n": "a record of a stream"}\n'.repeat(50_000);
const STREAM_PATH = 'lod/things/s.jsonl';

/** By a clock that stands still, so that no checkpoint is made. */
async function openGrown(appends: number): Promise<GuardedLarder> {
  const world = await openGuarded({ [STREAM_PATH]: STREAM });
  for (let n = 0; n < appends; n++) {
    appendFileSync(world.at(STREAM_PATH), `${n}\n`);
    await world.larder.rescan();
  }
  expect(world.events()).toHaveLength(appends + 1);
  return world;
}

test('of a stream that grew many times a start reads one version to know a torn piece of it', async () => {
  await using world = await openGrown(20);
  const whole = readFileSync(world.at(STREAM_PATH), 'utf8');
  let read = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, mode, permissions) {
      if (path.includes('.larder/blobs/') && mode === 'read') read++;
      return nodeFileSystem.open(path, mode, permissions);
    },
  };
  // A piece of the last one alone.
  const piece = whole.slice(0, -1);
  const torn = (root: string): void => {
    writeFileSync(join(root, STREAM_PATH), piece);
    writeFileSync(join(root, `.larder/tmp/${digestOf(Buffer.from(whole)).slice(0, 16)}-0`), piece);
  };
  await using copy = await openCopy(world.root, torn, { fs, clock: systemClock, random: systemRandom });
  expect(readFileSync(join(copy.root, STREAM_PATH), 'utf8')).toBe(whole);
  expect(copy.larder.history(ref('s.jsonl'), { before: null, limit: 100 })?.items).toHaveLength(21);
  // For the piece, to write it, and for the temporary file.
  expect(read).toBeLessThanOrEqual(4);
});

test('a start does without a version that a stream grew from, and that is not kept any more', async () => {
  await using world = await openGrown(3);
  const piece = STREAM.slice(0, 1000);
  await using copy = await openCopy(world.root, (root) => {
    rmSync(join(root, '.larder/blobs'), { recursive: true });
    writeFileSync(join(root, STREAM_PATH), piece);
  });
  const answer = await copy.larder.read(ref('s.jsonl'));
  expect(answer).toMatchObject({ kind: 'served', etag: digestOf(Buffer.from(piece)) });
});

test('what a deletion took away before it was a version is kept, also where the process died before that', async () => {
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, mode, permissions) {
      if (mode === 'read' && path.includes('.larder/tmp/'))
        throw Object.assign(new Error('EIO: open'), { code: 'EIO' });
      return nodeFileSystem.open(path, mode, permissions);
    },
  };
  const host = { fs, clock: systemClock, random: systemRandom };
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' }, { host });
  const broken = '{"v": "half';
  world.save('lod/things/a.json', broken);
  const ifMatch = [digestOf(Buffer.from(broken))];
  await world.larder.write({ ref: ref('a'), change: { op: 'delete' }, preconditions: { ifMatch } }, me);
  await using copy = await openCopy(world.root, () => {});
  const kinds = (): string[] | undefined =>
    copy.larder.history(ref('a'), { before: null, limit: 10 })?.items.map(({ kind }) => String(kind));
  await expect.poll(kinds, { timeout: 20_000 }).toEqual(['rescued', 'deleted', 'valid']);
});

test('what redo has written is synced before a checkpoint says that it need not be written again', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  const synced = new Set<string>();
  const { syncAll: _, ...withoutSyncAll } = nodeFileSystem;
  const fs = notingSyncs(withoutSyncAll, synced);
  const torn = (root: string): void => writeFileSync(join(root, 'lod/things/a.json'), '');
  await using copy = await openCopy(world.root, torn, { fs, clock: systemClock, random: systemRandom });
  await expect.poll(() => copy.larder.status().checkpoint, { timeout: 20_000 }).toBe(2);
  expect(synced).toContain(join(copy.root, 'lod/things/a.json'));
  expect(synced).toContain(join(copy.root, 'lod/things'));
});

test('an edit by hand names the file that it replaced, although the catalog was lost meanwhile', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  const { ino, birthtimeNs, mtimeNs } = statSync(world.at('lod/things/a.json'), { bigint: true });
  await world.reopen(() => {
    rmSync(world.at('.larder/derived'), { recursive: true });
    world.save('lod/things/.new', '{"v": 3}');
    renameSync(world.at('lod/things/.new'), world.at('lod/things/a.json'));
  });
  await world.larder[Symbol.asyncDispose]();
  const entries = await loggedIn(world.root);
  // By this, and only by this, redo knows it again when a power cut brings it back.
  expect(entries.at(-1)?.replaced).toEqual({ ino, birthtimeNs, mtimeNs });
});

test('documents that a schema made unfit are marked, although the catalog lost both the schema and the marks', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 100}', 'lod/things/b.json': '{"v": 1}' });
  const [derived, kept] = [world.at('.larder/derived'), world.at('.larder/kept')];
  await world.reopen(() => cpSync(derived, kept, { recursive: true }));
  const schema = bytes({ properties: { v: { maximum: 60 } } });
  await world.larder.putSchema('lod/things', schema, me, undefined);
  const marks = async () => Promise.all(['a', 'b'].map(async (id) => markOf(await world.read(id))));
  expect(await marks()).toEqual(['invalid', null]);
  await world.reopen(() => {
    rmSync(derived, { recursive: true });
    renameSync(kept, derived);
  });
  expect(await marks()).toEqual(['invalid', null]);
});

test('what a power cut brings back of a document that was moved twice goes again', async () => {
  let refuses = false;
  const fsync = (fd: number): Promise<void> =>
    refuses ? Promise.reject(Object.assign(new Error('EIO: fsync'), { code: 'EIO' })) : nodeFileSystem.fsync(fd);
  // No checkpoint: all that follows is still to be done again.
  const fs: FileSystem = { ...nodeFileSystem, fsync };
  const host = { fs, clock: systemClock, random: systemRandom };
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' }, { host });
  refuses = true;
  await world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: 2 }) } }, me);
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'c'],
  ]) {
    renameSync(world.at(`lod/things/${from}.json`), world.at(`lod/things/${to}.json`));
    await world.larder.rescan();
  }
  expect(world.events().map(({ op }) => op)).toEqual(['create', 'update', 'move', 'move']);
  await using copy = await openCopy(world.root, (root) => writeFileSync(join(root, 'lod/things/a.json'), ''));
  expect(readdirSync(join(copy.root, 'lod/things'))).toEqual(['c.json']);
});

test('a follower that comes back while a catalog behind its log catches up is not sent away', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  await world.larder[Symbol.asyncDispose]();
  rmSync(world.at('.larder/derived'), { recursive: true });
  world.larder = await openLarder({ root: world.root, watcher: 'none' });
  const next = (): unknown => world.larder.changes({ kind: 'all' }, { since: 1 }, 10, world.larder.logId);
  expect(next).toThrow('the event log is being read');
  await world.larder.caughtUp;
  expect(next()).toMatchObject({ kind: 'range', events: [] });
});

const markOf = (answer: CurrentAnswer): string | null =>
  answer.kind === 'served' ? (answer.mark?.code ?? null) : 'none';

async function loggedIn(root: string): Promise<LoggedEntry[]> {
  const host = { fs: nodeFileSystem, clock: systemClock, random: systemRandom };
  const { dev, ino } = statSync(root);
  const directory = join(root, '.larder/log');
  await using log = await openEventLog({ ...host, directory, durability: 'sync', rootIdentity: `${dev}:${ino}` });
  return [...log.read(0)].flatMap(({ entries }) => entries);
}

interface OpenCopy extends AsyncDisposable {
  readonly root: string;
  readonly larder: Larder;
}

/** Opens a copy of a root in which something happened that its log does not know, as after a power cut. */
async function openCopy(from: string, change: (root: string) => void, host?: OpenOptions['host']): Promise<OpenCopy> {
  const root = mkdtempSync(join(tmpdir(), 'larder-cut-'));
  cpSync(from, root, { recursive: true });
  change(root);
  const larder = await openLarder({ root, watcher: 'none', ...(host && { host }) });
  await larder.ready;
  return {
    root,
    larder,
    async [Symbol.asyncDispose]() {
      await larder[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

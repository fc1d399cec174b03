/** Streams that only grow are not read again; whatever else happens to them is found. */
import { appendFileSync, closeSync, openSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';

const PATH = 'lod/things/long.jsonl';
const LINE = `${JSON.stringify({ text: 'a record of a stream '.repeat(50) })}\n`;
/** Beyond what the history keeps: 16 MiB. */
const LONG = LINE.repeat(Math.ceil((16 * 1024 * 1024) / LINE.length) + 1);

/** Also where the disk was slow: files have times of the real clock, and the one here stands still meanwhile. */
const LONG_AFTER_MS = 30_000;

interface Counted {
  readonly world: GuardedLarder;
  /** Bytes read of files since it was asked last. */
  readonly readBytes: () => number;
}

async function openCounted(text: string): Promise<Counted> {
  let count = 0;
  const fs: FileSystem = Object.assign(Object.create(nodeFileSystem) as FileSystem, {
    read: (...args: Parameters<FileSystem['read']>) => {
      const read = nodeFileSystem.read(...args);
      count += read;
      return read;
    },
  });
  const world = await openGuarded({ [PATH]: text }, fs);
  // A file is believed by its stat once it was read a moment after its last change.
  await world.pass(LONG_AFTER_MS);
  await world.larder.rescan();
  return {
    world,
    readBytes: () => {
      const read = count;
      count = 0;
      return read;
    },
  };
}

const digests = (world: GuardedLarder): string[] => world.events().map(({ op, digest }) => `${op} ${digest}`);
const event = (op: string, text: string): string => `${op} ${digestOf(Buffer.from(text))}`;

const [ALL_OF_IT, ITS_END] = [1, 2];

/** What the catalog believes of the file by its stat. Asking for the newest seq has it commit what it holds back. */
function belief({ root, larder }: GuardedLarder): unknown {
  expect(larder.seq).toBeGreaterThan(0);
  const database = new Database(`${root}/.larder/derived/catalog.sqlite`, { readonly: true });
  const found = database.prepare("SELECT clean FROM paths WHERE name = 'long.jsonl'").pluck().get();
  database.close();
  return found;
}

/** Over what is there, at a place, in the same file. */
function overwrite(path: string, position: number, text: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, text, position);
  closeSync(fd);
}

test('an append to a long stream reads what was appended and the end before it', async () => {
  const { world, readBytes } = await openCounted(LONG);
  await using _ = world;
  appendFileSync(world.at(PATH), LINE);
  readBytes();
  await world.larder.rescan();
  // The first one after a start reads the stream once.
  expect(readBytes()).toBeGreaterThan(LONG.length);
  let text = LONG + LINE;
  for (const line of ['one\n', 'two\nthree\n', 'half a li']) {
    text += line;
    appendFileSync(world.at(PATH), line);
    await world.larder.rescan();
    expect(readBytes()).toBeLessThan(200_000);
    expect(digests(world).at(-1)).toBe(event('update', text));
  }
  // It is believed by its stat from now on.
  await world.pass(1000);
  await world.larder.rescan();
  await world.larder.rescan();
  expect(digests(world)).toHaveLength(5);
});

test('a restart reads it once, whatever was appended while it was down', async () => {
  const { world, readBytes } = await openCounted(LONG);
  await using _ = world;
  await world.reopen(() => appendFileSync(world.at(PATH), LINE));
  expect(digests(world)).toEqual([event('create', LONG), event('update', LONG + LINE)]);
  readBytes();
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  expect(readBytes()).toBeLessThan(200_000);
  expect(digests(world).at(-1)).toBe(event('update', LONG + LINE + LINE));
});

test.each<[string, (path: string) => string]>([
  [
    'cut and written on',
    (path) => {
      truncateSync(path, LINE.length);
      appendFileSync(path, 'x'.repeat(LONG.length));
      return LINE + 'x'.repeat(LONG.length);
    },
  ],
  [
    'cut',
    (path) => {
      truncateSync(path, LONG.length - 5);
      return LONG.slice(0, -5);
    },
  ],
  [
    'written over near its end, and appended to',
    (path) => {
      overwrite(path, LONG.length - 1000, 'EDIT');
      appendFileSync(path, LINE);
      return `${LONG.slice(0, -1000)}EDIT${LONG.slice(-996)}${LINE}`;
    },
  ],
  [
    'replaced by a longer file',
    (path) => {
      writeFileSync(`${path}.tmp`, `${LINE}${LONG}`);
      renameSync(`${path}.tmp`, path);
      return `${LINE}${LONG}`;
    },
  ],
])('a stream that is %s is another version', async (_name, change) => {
  const { world } = await openCounted(LONG);
  await using _ = world;
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  truncateSync(world.at(PATH), LONG.length);
  await world.larder.rescan();
  const text = change(world.at(PATH));
  await world.pass(1000);
  await world.larder.rescan();
  expect(digests(world).at(-1)).toBe(event('update', text));
  expect(world.problems()).toEqual([]);
});

test('a log that is rotated is two streams, each with its own bytes', async () => {
  const { world } = await openCounted(LONG);
  await using _ = world;
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  renameSync(world.at(PATH), world.at('lod/things/long.1.jsonl'));
  writeFileSync(world.at(PATH), LINE);
  await world.settleDown();
  // A path that is there again was not moved away from.
  expect(digests(world).slice(2).toSorted()).toEqual([event('create', LONG + LINE), event('update', LINE)].toSorted());
  appendFileSync(world.at('lod/things/long.1.jsonl'), 'late\n');
  await world.larder.rescan();
  expect(digests(world).at(-1)).toBe(event('update', `${LONG}${LINE}late\n`));
});

test('an edit far before the end, hidden by an append, is found by the scrub', async () => {
  const { world } = await openCounted(LONG);
  await using _ = world;
  overwrite(world.at(PATH), 1000, 'EDIT');
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  const edited = `${LONG.slice(0, 1000)}EDIT${LONG.slice(1004)}${LINE}`;
  // The first append after a start reads the whole.
  expect(digests(world).at(-1)).toBe(event('update', edited));
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  overwrite(world.at(PATH), 2000, 'MORE');
  appendFileSync(world.at(PATH), 'end\n');
  await world.pass(1000);
  await world.larder.rescan();
  expect(digests(world).at(-1)).toBe(event('update', `${edited}${LINE}end\n`));
  expect(await world.larder.maintenance.scrub(10)).toMatchObject({ looked: 1, different: 1 });
  const now = `${edited.slice(0, 2000)}MORE${edited.slice(2004)}${LINE}end\n`;
  expect([digests(world).at(-1), world.problems()]).toEqual([event('update', now), []]);
  expect(await world.larder.maintenance.scrub(10)).toMatchObject({ looked: 1, different: 0 });
});

test('a scrub proves what grew: bytes that change later without a write are rot', async () => {
  const { world } = await openCounted(LONG);
  await using _ = world;
  appendFileSync(world.at(PATH), LINE);
  await world.larder.rescan();
  appendFileSync(world.at(PATH), LINE);
  await world.pass(LONG_AFTER_MS);
  await world.larder.rescan();
  expect(belief(world)).toBe(ITS_END);
  expect(await world.larder.maintenance.scrub(10)).toMatchObject({ looked: 1, different: 0 });
  expect(belief(world)).toBe(ALL_OF_IT);
});

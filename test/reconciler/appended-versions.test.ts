/** A stream that grew is recorded as what was appended; whoever reads a version gets all of it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import type { Seq } from '../../src/core/events.ts';
import { verifyClosed, verifyOpen, copyOf } from '../maintain/verify-world.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';
import { me, ref } from './world.ts';

const ID = 'lines.jsonl';
const PATH = `lod/things/${ID}`;
const line = (n: number): string => `{"n": ${n}, "text": "a record of a stream"}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');
/** Longer than what is read whole at each look: 256 KiB. */
const LONG = lines(0, 8000);
const SHORT = lines(0, 3);

interface Kept {
  readonly seq: Seq;
  readonly kind: 'whole' | 'appended' | 'nowhere';
  readonly base: Seq | null;
}

/** How the versions of the stream are kept, oldest first, as the catalog tells. */
function kept(world: GuardedLarder): Kept[] {
  // Whoever asks has what waits for others committed.
  world.events();
  const database = new Database(`${world.root}/.larder/derived/catalog.sqlite`, { readonly: true });
  const rows = database
    .prepare<[], { seq: Seq; encoding: number; base: Seq | null }>(
      'SELECT seq, encoding, base FROM events WHERE digest IS NOT NULL ORDER BY seq',
    )
    .all();
  database.close();
  const kindOf = (encoding: number): Kept['kind'] => (encoding === 0 ? 'nowhere' : encoding > 3 ? 'appended' : 'whole');
  return rows.map(({ seq, encoding, base }) => ({ seq, kind: kindOf(encoding), base }));
}

const kinds = (world: GuardedLarder): string[] => kept(world).map(({ kind }) => kind);

async function version(world: GuardedLarder, seq: Seq): Promise<string | null> {
  const answer = await world.larder.readVersion(ref(ID), seq);
  return answer.kind === 'served' ? Buffer.from(answer.bytes).toString() : null;
}

/** Appends each, with a look behind it. */
async function append(world: GuardedLarder, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    appendFileSync(world.at(PATH), text);
    await world.larder.rescan();
  }
}

const textOnDisk = (world: GuardedLarder): string => readFileSync(world.at(PATH), 'utf8');

describe.each([
  ['a short stream', SHORT],
  ['a long stream', LONG],
])('%s', (_, text) => {
  test('is recorded by what is appended, and read whole in every version', async () => {
    await using world = await openGuarded({ [PATH]: text });
    await append(world, 'one\n', 'two\n', 'half a li', 'ne\n');
    expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'appended', 'appended']);
    expect(kept(world).map(({ base }) => base)).toEqual([null, 1, 2, 3, 4]);
    const ends = ['', 'one\n', 'one\ntwo\n', 'one\ntwo\nhalf a li', 'one\ntwo\nhalf a line\n'];
    for (const [index, end] of ends.entries()) expect(await version(world, index + 1)).toBe(text + end);
    expect(await world.text(ID)).toBe(textOnDisk(world));
    expect(await world.read(ID)).toMatchObject({ etag: digestOf(Buffer.from(textOnDisk(world))), mark: null });
    expect(world.events().map(({ op }) => op)).toEqual(['create', 'update', 'update', 'update', 'update']);
  });

  test('is so after a restart, with an append while it was down, and after a rebuild', async () => {
    await using world = await openGuarded({ [PATH]: text });
    await append(world, 'one\n');
    await world.reopen(() => appendFileSync(world.at(PATH), 'two\n'));
    await append(world, 'three\n');
    expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'appended']);
    await world.larder[Symbol.asyncDispose]();
    using copy = copyOf(world.root);
    expect((await verifyClosed(copy.root)).findings).toEqual([]);
    await world.reopen(() => truncateSync(`${world.root}/.larder/derived/catalog.sqlite`));
    await append(world, 'four\n');
    expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'appended', 'appended']);
    expect(await version(world, 3)).toBe(`${text}one\ntwo\n`);
    expect(await version(world, 5)).toBe(`${text}one\ntwo\nthree\nfour\n`);
    expect((await verifyOpen(world.larder)).findings).toEqual([]);
  });

  test('is read by whoever finds it grown first: a read, a write', async () => {
    await using world = await openGuarded({ [PATH]: text });
    appendFileSync(world.at(PATH), 'one\n');
    expect(await world.text(ID)).toBe(`${text}one\n`);
    appendFileSync(world.at(PATH), 'two\n');
    await world.larder.write({ ref: ref(ID), change: { op: 'put', body: Buffer.from(`${text}put\n`) } }, me);
    expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'whole']);
    await append(world, 'three\n');
    expect(kept(world).at(-1)).toEqual({ seq: 5, kind: 'appended', base: 4 });
    expect(await version(world, 3)).toBe(`${text}one\ntwo\n`);
    expect(await version(world, 5)).toBe(`${text}put\nthree\n`);
  });

  test('is gone back to, and undone', async () => {
    await using world = await openGuarded({ [PATH]: text });
    await append(world, 'one\n', 'two\n');
    await world.larder.versions.revert(ref(ID), 2, me, {});
    expect(textOnDisk(world)).toBe(`${text}one\n`);
    await append(world, 'three\n');
    const at = await world.larder.readAt(ref(ID), { seq: 3 });
    expect(at.kind === 'served' && Buffer.from(at.bytes).toString()).toBe(`${text}one\ntwo\n`);
    expect((await verifyOpen(world.larder)).findings).toEqual([]);
  });
});

/** Bytes of the log and of what lies beside it; what is derived is not the history. */
const historyBytes = ({ root }: GuardedLarder): number =>
  ['log', 'blobs']
    .flatMap((place) => readdirSync(join(root, '.larder', place), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

test('1,000 lines that are appended to a stream of 10 MiB take about the room of the lines', async () => {
  await using world = await openGuarded({ [PATH]: lines(0, 240_000) });
  expect(statSync(world.at(PATH)).size).toBeGreaterThan(10 * 1024 * 1024);
  const before = historyBytes(world);
  for (let n = 0; n < 1000; n++) await append(world, line(n));
  expect(kinds(world)).toEqual(['whole', ...Array.from({ length: 1000 }, () => 'appended')]);
  // A line, what its event says of it, and zeros that the log writes ahead.
  expect(historyBytes(world) - before).toBeLessThan(1000 * 700 + 256 * 1024);
  expect(await version(world, 501)).toBe(lines(0, 240_000) + lines(0, 500));
  expect((await verifyOpen(world.larder)).findings).toEqual([]);
}, 120_000);

test('a short stream is kept whole again once 64 appends hang on one version', async () => {
  await using world = await openGuarded({ [PATH]: SHORT });
  for (let n = 0; n < 140; n++) await append(world, line(n));
  const wholeAt = kinds(world).flatMap((kind, index) => (kind === 'whole' ? [index] : []));
  expect(wholeAt).toEqual([0, 65, 130]);
  for (const seq of [1, 64, 65, 66, 67, 141]) expect(await version(world, seq)).toBe(SHORT + lines(0, seq - 1));
});

test('a long one is kept whole again once as much was appended as it had', async () => {
  await using world = await openGuarded({ [PATH]: LONG });
  const quarter = lines(0, 2200);
  await append(world, quarter, quarter, quarter, quarter, quarter, quarter);
  expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'appended', 'whole', 'appended', 'appended']);
  for (const seq of [1, 3, 5, 7]) expect(await version(world, seq)).toBe(LONG + quarter.repeat(seq - 1));
});

test('more than 1 MiB at once is kept whole', async () => {
  await using world = await openGuarded({ [PATH]: lines(0, 100_000) });
  await append(world, lines(0, 30_000), 'one\n');
  expect(kinds(world)).toEqual(['whole', 'whole', 'appended']);
  expect(await version(world, 3)).toBe(`${lines(0, 100_000)}${lines(0, 30_000)}one\n`);
});

test('a stream that grows beyond 16 MiB is known by its digest, and kept again once it is cut', async () => {
  const most = lines(0, 400_000).slice(0, 16 * 1024 * 1024 - 10);
  await using world = await openGuarded({ [PATH]: most });
  await append(world, '12345\n', 'and more\n', 'and more\n');
  expect(kinds(world)).toEqual(['whole', 'appended', 'nowhere', 'nowhere']);
  expect(await version(world, 2)).toBe(`${most}12345\n`);
  truncateSync(world.at(PATH), most.length);
  await world.larder.rescan();
  await append(world, 'one\n');
  expect(kinds(world).slice(4)).toEqual(['whole', 'appended']);
  expect(world.events().at(-1)?.digest).toBe(digestOf(readFileSync(world.at(PATH))));
  expect((await verifyOpen(world.larder)).findings).toEqual([]);
});

test('streams that grow together are one change set, each recorded by what was appended', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `lod/things/s${n}.jsonl`);
  await using world = await openGuarded(Object.fromEntries(names.map((name, n) => [name, n % 2 ? LONG : SHORT])));
  for (const round of ['one\n', 'two\n']) {
    for (const name of names) appendFileSync(world.at(name), round);
    await world.larder.rescan();
  }
  expect(kinds(world)).toEqual([
    ...names.map(() => 'whole'),
    ...names.map(() => 'appended'),
    ...names.map(() => 'appended'),
  ]);
  const sets = world.events().map(({ change_set, cause }) => `${change_set} ${cause}`);
  expect(new Set(sets.slice(names.length)).size).toBe(2);
  for (const name of names)
    expect(await world.text(name.slice('lod/things/'.length))).toBe(readFileSync(world.at(name), 'utf8'));
});

test.each<[string, string[], string[]]>([
  ['rsync --append', ['--append'], ['whole', 'appended']],
  ['rsync --inplace', ['--inplace', '--no-whole-file'], ['whole', 'appended']],
  ['rsync as it is', [], ['whole', 'whole']],
])('%s of a longer copy', async (_, options, expected) => {
  await using world = await openGuarded({ [PATH]: LONG });
  const source = join(world.root, '.source.jsonl');
  writeFileSync(source, `${LONG}one\n`);
  execFileSync('rsync', [...options, source, world.at(PATH)]);
  await world.larder.rescan();
  expect(kinds(world)).toEqual(expected);
  expect(await version(world, 2)).toBe(`${LONG}one\n`);
});

test('the last change of a stream is undone', async () => {
  await using world = await openGuarded({ [PATH]: SHORT });
  await append(world, 'one\n', 'two\n');
  await world.larder.versions.undo({ collection: 'lod/things', document: ID }, me);
  expect(textOnDisk(world)).toBe(`${SHORT}one\n`);
  await append(world, 'three\n');
  expect(await world.text(ID)).toBe(`${SHORT}one\nthree\n`);
  expect(kinds(world)).toEqual(['whole', 'appended', 'appended', 'whole', 'appended']);
});

test('a stream that rotted before it grew is not taken for one that grew', async () => {
  await using world = await openGuarded({ [PATH]: SHORT });
  await world.pass(1000);
  await world.larder.rescan();
  writeFileSync(world.at(PATH), `X${SHORT.slice(1)}one\n`);
  await world.larder.rescan();
  expect(kinds(world)).toEqual(['whole', 'whole']);
});

/** Versions that are kept as what was appended: thinned, forgotten, proven and rescued with those that they rest on. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rescue } from '../../src/maintain/rescue/rescue.ts';
import { openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';
import { DAY, openAging } from './aging-world.ts';
import { copyOf, flipBitAt, verifyClosed, verifyOpen } from './verify-world.ts';

const ID = 's.jsonl';
const PATH = `lod/things/${ID}`;

/** The first version has this text; each append is an event. */
async function appendAll(world: TestLarder, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    appendFileSync(world.at(PATH), text);
    await world.larder.rescan();
  }
}

async function replace(world: TestLarder, text: string): Promise<void> {
  writeFileSync(world.at(PATH), text);
  await world.larder.rescan();
}

const verified = async (world: TestLarder): Promise<readonly string[]> => (await verifyOpen(world.larder)).said;

test('prune keeps what a version that stays was appended to', async () => {
  await using world = await openAging({ [PATH]: 'first\n' }, '1d');
  for (const text of ['a\n', 'b\n', 'c\n']) {
    world.goOn(3 * DAY);
    await appendAll(world, text);
  }
  world.goOn(3 * DAY);
  await replace(world, 'anew\n');
  world.goOn(3 * DAY);
  await appendAll(world, 'x\n', 'y\n');
  await world.settle();
  expect(await world.larder.maintenance.prune({ dryRun: true })).toMatchObject({ versions: 4 });
  expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 4 });
  expect(await world.kept(ID)).toEqual(['anew', 'anewx', 'anewxy']);
  expect(await verified(world)).toEqual([]);
});

test('prune takes the newest of a chain that nothing rests on any more, and no other', async () => {
  await using world = await openAging({ [PATH]: 'first\n' }, 'staggered');
  // One span of a week: its newest version stays, and with it all that it was appended to.
  await appendAll(world, 'a\n', 'b\n', 'c\n');
  world.goOn(30 * DAY);
  await replace(world, 'anew\n');
  await world.settle();
  expect(await world.larder.maintenance.prune({ dryRun: false })).toMatchObject({ versions: 0, waiting: 0 });
  expect(await world.kept(ID)).toEqual(['first', 'firsta', 'firstab', 'firstabc', 'anew']);
});

test('forget takes what was appended to the forgotten version too, because it begins with its bytes', async () => {
  await using world = await openTestLarder({ [PATH]: 'first\n' });
  await appendAll(world, 'hunter2\n', 'after\n');
  await replace(world, 'clean\n');
  await appendAll(world, 'more\n');
  const report = await world.larder.maintenance.forget(PATH, 2);
  expect(report.forgotten).toEqual([3, 2]);
  const logs = readdirSync(world.at('.larder/log')).filter((name) => name.endsWith('.log'));
  expect(logs.some((name) => readFileSync(world.at(`.larder/log/${name}`)).includes('hunter2'))).toBe(false);
  for (const seq of [2, 3])
    await expect(world.larder.readVersion(ref(ID), seq)).rejects.toMatchObject({ code: 'gone' });
  for (const [seq, text] of [
    [1, 'first\n'],
    [4, 'clean\n'],
    [5, 'clean\nmore\n'],
  ] as const) {
    const read = await world.larder.readVersion(ref(ID), seq);
    expect(read.kind === 'served' && Buffer.from(read.bytes).toString()).toBe(text);
  }
  expect(await verified(world)).toEqual([]);
  await world.reopen();
  expect(await verified(world)).toEqual([]);
});

test('forget leaves what other streams appended in the same change set', async () => {
  await using world = await openTestLarder({ [PATH]: 'first\n', 'lod/things/other.jsonl': 'other\n' });
  appendFileSync(world.at(PATH), 'hunter2\n');
  appendFileSync(world.at('lod/things/other.jsonl'), 'more\n');
  await world.larder.rescan();
  await replace(world, 'clean\n');
  await world.larder.maintenance.forget(PATH, null);
  await world.reopen();
  expect(await verified(world)).toEqual([]);
  const [last] = world.larder.history(ref('other.jsonl'), { before: null, limit: 1 })?.items ?? [];
  const read = await world.larder.readVersion(ref('other.jsonl'), last?.seq ?? 0);
  expect(read.kind === 'served' && Buffer.from(read.bytes).toString()).toBe('other\nmore\n');
});

test('forget refuses what the file still begins with', async () => {
  await using world = await openTestLarder({ [PATH]: 'first\n' });
  await appendAll(world, 'a\n', 'b\n');
  for (const seq of [1, 2, 3])
    await expect(world.larder.maintenance.forget(PATH, seq)).rejects.toMatchObject({ code: 'conflict' });
  await expect(world.larder.maintenance.forget(PATH, null)).rejects.toMatchObject({ code: 'not_found' });
  await replace(world, 'other\n');
  await appendAll(world, 'c\n');
  expect((await world.larder.maintenance.forget(PATH, null)).forgotten).toEqual([3, 2, 1]);
  expect(await world.text(ID)).toBe('other\nc\n');
  expect(await verified(world)).toEqual([]);
});

const segmentIn = (root: string): string => {
  const directory = join(root, '.larder/log');
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.log')) ?? '');
};

test('verify names what rests on a broken version once, and a read says that it is damaged', async () => {
  await using world = await openTestLarder({ [PATH]: 'first\n' });
  await appendAll(world, 'a link that breaks\n', 'b\n', 'c\n');
  await world.larder[Symbol.asyncDispose]();
  using copy = copyOf(world.root);
  flipBitAt(segmentIn(copy.root), 'a link that breaks');
  const { said, findings } = await verifyClosed(copy.root);
  expect(said).toEqual([`difference body ${PATH}`, `difference body ${PATH}`]);
  expect(findings.map(({ expected }) => expected)).toEqual(['the bytes of version 2', 'the bytes of version 2']);
  flipBitAt(segmentIn(world.root), 'a link that breaks');
  await world.reopen();
  expect(await world.text(ID)).toBe('first\na link that breaks\nb\nc\n');
  await expect(world.larder.readVersion(ref(ID), 3)).rejects.toMatchObject({ code: 'version_damaged' });
  expect(await world.larder.readVersion(ref(ID), 1)).toMatchObject({ kind: 'served' });
});

test('rescue writes every version of a stream, and what it can of one with a broken link', async () => {
  await using world = await openTestLarder({ [PATH]: 'first\n' });
  await appendAll(world, 'a\n', 'a link that breaks\n', 'c\n');
  await replace(world, 'anew\n');
  await appendAll(world, 'd\n');
  await world.larder[Symbol.asyncDispose]();
  const rescued = (): { text: (name: string) => string; unreadable: number } & Disposable => {
    const target = mkdtempSync(join(tmpdir(), 'larder-rescue-'));
    const { unreadable } = rescue({ root: world.root, target, allVersions: true, onProgress: () => {} });
    return {
      unreadable,
      text: (name) => readFileSync(join(target, name), 'utf8'),
      [Symbol.dispose]: () => rmSync(target, { recursive: true, force: true }),
    };
  };
  {
    using whole = rescued();
    expect(whole.unreadable).toBe(0);
    expect(whole.text(`newest/${PATH}`)).toBe('anew\nd\n');
    expect(whole.text(`versions/${PATH}/4-valid`)).toBe('first\na\na link that breaks\nc\n');
  }
  flipBitAt(segmentIn(world.root), 'a link that breaks');
  using broken = rescued();
  expect(broken.unreadable).toBe(2);
  expect(broken.text(`newest/${PATH}`)).toBe('anew\nd\n');
  expect(broken.text(`versions/${PATH}/2-valid`)).toBe('first\na\n');
  await world.reopen();
});

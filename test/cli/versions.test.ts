/** Versions on the command line: on the root itself and through the daemon, the same answers. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openLarder } from '../../src/larder.ts';
import { openCliWorld, run, startDaemon, type CliWorld, type Ran } from './world.ts';

const at = (id: string): { collection: string; id: string } => ({ collection: 'lod/d', id });

/** Seqs 1 and 2 by hand, 3 to 5 by an agent. */
async function history(world: CliWorld): Promise<void> {
  const larder = await openLarder({ root: world.root, watcher: 'none' });
  await larder.ready;
  const agent = { actor: 'bot', cause: 'agent', session: 'night' } as const;
  const put = (id: string, text: string): Promise<unknown> =>
    larder.write({ ref: at(id), change: { op: 'put', body: Buffer.from(text) } }, agent);
  await put('a', '{"v": 2, "big": 12345678901234567890}');
  await put('new', '{"v": 1}');
  await larder.write({ ref: at('gone'), change: { op: 'delete' } }, agent);
  await larder[Symbol.asyncDispose]();
}

const files = { 'lod/d/a.json': '{\n  "v": 1\n}\n', 'lod/d/gone.json': '{"v": 1.0}' };

/** Behind the two by hand a file (3, 4), a move of `a` (5), an update (6); what was before it is forgotten. */
async function fileHistory(world: CliWorld): Promise<void> {
  await using larder = await openLarder({ root: world.root, watcher: 'none' });
  await larder.ready;
  const who = { actor: 'bot', cause: 'agent' } as const;
  for (const bytes of [Buffer.from([0, 1]), BINARY]) await larder.putFile('lod', 'raw/b.bin', bytes, who, undefined);
  renameSync(join(world.root, 'lod/d/a.json'), join(world.root, 'lod/d/moved.json'));
  await larder.rescan();
  await larder.write({ ref: at('moved'), change: { op: 'put', body: Buffer.from('{"v":2}') } }, who);
  await larder.maintenance.forget('lod/d/moved.json', null);
}

/** No UTF-8. */
const BINARY = Buffer.from([0xff, 0xfe, 0, 10]);

function bothWays(name: string, body: (world: CliWorld) => Promise<void>, prepare = history): void {
  // Each command on the root itself opens it anew.
  test.each(['on the root itself', 'through the daemon'])(`${name}, %s`, { timeout: 120_000 }, async (way) => {
    using world = openCliWorld(files);
    await prepare(world);
    await using daemon = way === 'through the daemon' ? await startDaemon(world.root) : null;
    expect(daemon === null).toBe(way === 'on the root itself');
    await body(world);
  });
}

const linesOf = ({ out }: Ran): string[] => out.trimEnd().split('\n');
const jsonOf = ({ out }: Ran): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;

bothWays('log, diff, show and at tell what was', async (world) => {
  const { root } = world;
  const log = await world.run('log', 'lod/d/a');
  expect([log.code, log.err]).toEqual([0, '']);
  expect(linesOf(log)).toEqual([
    expect.stringMatching(/^3 {2}20\S+Z {2}update {2}\d+ bytes {2}bot {2}set \S+ {2}session night$/),
    expect.stringMatching(/^1 {2}20\S+Z {2}create {2}13 bytes {2}hand {2}set \S+ {2}session first-scan$/),
  ]);
  expect(jsonOf(await world.run('log', 'lod/d/a', '--json'))).toMatchObject({
    items: [{ seq: 3, op: 'update', kind: 'valid', actor: 'bot', cause: 'agent', session: 'night' }, { seq: 1 }],
  });
  // The file itself, from where one is; one that is gone as well.
  for (const name of ['a.json', './gone.json', join(root, 'lod/d/gone.json')])
    expect(await run(['log', name, '--root', root], { workingDirectory: join(root, 'lod/d') }), name).toMatchObject({
      code: 0,
      out: expect.stringMatching(/create/),
    });
  expect(linesOf(await world.run('log', '--limit', '2')).map((line) => line.split('  ').slice(2, 4))).toEqual([
    ['delete', 'lod/d/gone'],
    ['create', 'lod/d/new'],
  ]);
  expect(linesOf(await world.run('log', 'lod'))).toHaveLength(5);
  expect(jsonOf(await world.run('log', 'lod/d', '--json', '--limit', '1'))).toMatchObject({ items: [{ seq: 5 }] });
  expect((await world.run('log', 'lod/d', '--deleted')).out).toMatch(/^5 {2}20\S+Z {2}deleted {2}gone {2}bot\n$/);

  expect((await world.run('diff', 'lod/d/a')).out).toMatch(
    /^--- lod\/d\/a\.json\tseq 1.*\n\+\+\+ .*seq 3.*bot\n[^]*\n-.*"v": 1\n/,
  );
  expect((await world.run('diff', 'lod/d/a', '1', '3', '--json')).out).toBe(
    '{"from":1,"to":3,"patch":[{"op":"replace","path":"/v","value":2},{"op":"add","path":"/big","value":12345678901234567890}]}\n',
  );
  expect((await world.run('diff', 'lod/d/gone', '0')).out).toBe('');
  expect((await world.run('diff', 'lod/d/gone', '2')).out).toContain('+++ /dev/null');

  expect((await world.run('show', 'lod/d/a', '--at', '1')).out).toBe(files['lod/d/a.json']);
  expect((await world.run('show', 'lod/d/a')).out).toContain('12345678901234567890');
  expect((await world.run('at', '2', 'lod/d/gone')).out).toBe('{"v": 1.0}');
  expect((await world.run('at', '3', 'lod/d')).out).toBe(
    '{"_id":"a","v": 2, "big": 12345678901234567890}\n{"_id":"gone","v": 1.0}\n',
  );
  expect((await world.run('at', '2999-01-01T00:00:00Z', 'lod/d', '--json')).out).toMatch(
    /^\{"seq":5,"ambiguous":false,"items":\[\{"_id":"a".*\},\{"_id":"new".*\}\]\}\n$/s,
  );
});

bothWays('undo shows, then does, and can be undone', async (world) => {
  const shown = await world.run('undo', '--session', 'night');
  expect([shown.code, shown.out]).toEqual([
    0,
    'put back    lod/d/a\nbring back  lod/d/gone\ndelete      lod/d/new\n3 to take back\nnothing is changed yet: --yes does it\n',
  ]);
  expect((await world.run('show', 'lod/d/new')).code).toBe(0);
  const done = await world.run('undo', '--session', 'night', '--yes', '--json');
  expect(jsonOf(done)).toMatchObject({ undone: 3, seq: [6, 8] });
  expect((await world.run('show', 'lod/d/a')).out).toBe(files['lod/d/a.json']);
  expect((await world.run('show', 'lod/d/new')).code).toBe(5);
  const set = String(jsonOf(done)['change_set']);
  expect((await world.run('undo', '--change-set', set, '--yes')).out).toMatch(
    /3 taken back; larder undo --change-set \S+ --yes takes this back\n$/,
  );
  expect((await world.run('undo', 'lod/d/a', '--yes')).out).toContain('1 taken back');
  // Conditions narrow each other.
  const narrowed = await world.run(
    'undo',
    '--session',
    'night',
    '--actor',
    'bot',
    '--since',
    '3',
    '--to-seq',
    '4',
    'lod/d',
  );
  expect(narrowed.out).toMatch(/^delete +lod\/d\/new\n1 to take back/);
  world.save('lod/d/new.json', '{"mine": 1}');
  const conflict = await world.run('undo', '--session', 'night', '--yes');
  expect([conflict.code, conflict.out]).toEqual([6, '']);
  expect(conflict.err).toMatch(/^conflict {2}lod\/d\/new: it was changed after seq 4 \(seq \d+, \S+, hand\)\n/);
  expect(jsonOf(await world.run('undo', '--session', 'night', '--yes', '--json'))).toMatchObject({
    conflicts: [{ id: 'new', why: 'changed' }],
  });
});

bothWays('what cannot be answered has its exit code', async (world) => {
  for (const [code, ...args] of [
    [5, 'log', 'lod/d/none'],
    [5, 'diff', 'lod/d/none'],
    [5, 'diff', 'lod/d/a', '2'],
    [5, 'show', 'lod/d/none'],
    [5, 'at', '1', 'lod/none'],
    [5, 'log', 'lod/none'],
    [5, 'log', 'none'],
    [5, 'log', 'lod/none', '--deleted'],
    [5, 'undo', '--session', 'nobody'],
    [2, 'diff', 'lod/d/a', 'x'],
    [2, 'diff', 'lod/d'],
    [2, 'diff', 'lod/d/a', '1', '99'],
    [2, 'show', 'lod/d/a', '--at', 'yesterday'],
    [2, 'at', '1', 'lod'],
    [2, 'log', '--deleted'],
    [2, 'log', '--limit', '0'],
    [2, 'undo'],
    [2, 'undo', 'lod'],
    [2, 'show', 'lod/d/../x'],
  ] as const)
    expect((await world.run(...args)).code, args.join(' ')).toBe(code);
  // What is meant, or became of it, is told by the hint of the refusal itself.
  for (const [said, ...args] of [
    ['Did you mean lod/d?', 'log', 'lod/dd'],
    ['Did you mean lod?', 'log', 'lot'],
    ['Did you mean lod/d/a?', 'log', 'lod/d/aa'],
    ['It was deleted at seq 5, ', 'show', 'lod/d/gone'],
  ] as const)
    expect((await world.run(...args)).err, args.join(' ')).toContain(`\n  ${said}`);
});

/** The second write is an hour older than the first. */
async function clockBack(world: CliWorld): Promise<void> {
  for (const aheadMs of [HOUR_MS, 0]) {
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    const host = { fs: nodeFileSystem, clock, random: systemRandom };
    await using larder = await openLarder({ root: world.root, watcher: 'none', host });
    await larder.ready;
    const body = Buffer.from(`{"ahead":${aheadMs}}`);
    await larder.write({ ref: at('late'), change: { op: 'put', body } }, { actor: 'local', cause: 'api' });
  }
}

const HOUR_MS = 3_600_000;

bothWays(
  'at says that a time can mean two moments, also where nothing was there',
  async (world) => {
    const between = new Date(Date.now() + HOUR_MS / 2).toISOString();
    const { code, out, err } = await world.run('at', between, 'lod/d/late');
    expect([code, out]).toEqual([5, '']);
    expect(err).toContain('the clock went back, and that time can mean a later moment: name a seq');
  },
  clockBack,
);

bothWays('what was removed a moment ago is told as deleted, and brought back', async (world) => {
  rmSync(join(world.root, 'lod/d/a.json'));
  expect(await world.run('undo', 'lod/d/a')).toMatchObject({
    out: expect.stringMatching(/^bring back {2}lod\/d\/a\n/),
  });
  expect((await world.run('log', 'lod/d', '--deleted')).out).toMatch(/ {2}a {2}hand\n/);
  expect((await world.run('undo', 'lod/d/a', '--yes')).out).toContain('1 taken back');
  expect((await world.run('show', 'lod/d/a')).out).toContain('"v": 2');
});

bothWays('a schema is shown as it is and as it was', async (world) => {
  const schema = '{ "type": "object" }\n';
  world.save('lod/d/_schema.json', schema);
  await expect.poll(() => world.run('show', 'lod/d/_schema.json'), { timeout: 30_000 }).toMatchObject({ out: schema });
  const { items } = jsonOf(await world.run('log', 'lod/d', '--limit', '1', '--json')) as { items: { seq: number }[] };
  const seq = items[0]?.seq ?? 0;
  expect(await world.run('show', join(world.root, 'lod/d/_schema.json'), '--at', String(seq))).toMatchObject({
    code: 0,
    out: schema,
  });
  for (const args of [['lod/d/_schema.json', '--at', '1'], ['lod/none/_schema.json']])
    expect(await world.run('show', ...args)).toMatchObject({ code: 5, out: '' });
});

bothWays(
  'a file has versions as documents have, and a log says what moved from where and what is not kept any more',
  async (world) => {
    expect((await world.run('log', 'lod/files/raw/b.bin')).out).toMatch(
      /^4 {2}20\S+Z {2}update {2}4 bytes {2}bot {2}set \S+\n3 {2}20\S+Z {2}create {2}2 bytes {2}bot /,
    );
    expect((await world.run('show', 'lod/files/raw/b.bin')).bytes).toEqual(BINARY);
    expect((await world.run('show', 'lod/files/raw/b.bin', '--seq', '3')).bytes).toEqual(Buffer.from([0, 1]));
    expect((await world.run('at', '3', join(world.root, 'lod/files/raw/b.bin'))).bytes).toEqual(Buffer.from([0, 1]));
    expect(jsonOf(await world.run('diff', 'lod/files/raw/b.bin', '--json'))).toMatchObject({
      from: 3,
      to: 4,
      text: expect.stringMatching(/\nno text:\n-2 bytes, .*\n\+4 bytes, .*\n$/),
    });
    expect((await world.run('at', '3', 'lod/files')).out).toMatch(
      /^\{"_id":"raw\/b\.bin","size":2,"digest":"\w{64}"\}\n$/,
    );

    expect(linesOf(await world.run('log', 'lod/d/moved'))).toEqual([
      expect.stringMatching(/^6 .* {2}update {2}13 bytes {2}bot /),
      expect.stringMatching(/^5 .* {2}move {2}from lod\/d\/a {2}13 bytes \(not kept: pruned or forgotten\) {2}hand /),
      expect.stringMatching(/^1 .* {2}create {2}13 bytes \(not kept: pruned or forgotten\) {2}hand /),
    ]);
    expect((await world.run('log', 'lod/d/a')).out).toMatch(/^5 .* {2}move {2}from lod\/d\/a {2}to lod\/d\/moved /);
    expect((await world.run('log', 'lod/d')).out).toContain('lod/d/moved from lod/d/a (not kept: pruned or forgotten)');
  },
  fileHistory,
);

bothWays('the version with a seq is shown whatever it was', async (world) => {
  world.save('lod/d/a.json', '{"v": ');
  await expect
    .poll(() => world.run('log', 'lod/d/a'), { timeout: 30_000 })
    .toMatchObject({
      out: expect.stringContaining('problem (invalid)'),
    });
  const { items } = jsonOf(await world.run('log', 'lod/d/a', '--json')) as { items: { seq: number }[] };
  const shown = (seq: number | string): Promise<Ran> => world.run('show', 'lod/d/a', '--seq', String(seq));
  expect(await shown(items[0]?.seq ?? 0)).toMatchObject({ code: 0, out: '{"v": ' });
  expect(await shown(1)).toMatchObject({ code: 0, out: files['lod/d/a.json'] });
  expect((await shown(2)).code, 'a version of another document').toBe(5);
  expect((await shown('x')).code).toBe(2);
  expect((await world.run('show', 'lod/d/a', '--seq', '1', '--at', '1')).code).toBe(2);
});

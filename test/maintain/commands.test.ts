import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTestLarder, type TestLarder } from '../reconciler/world.ts';
import { larder, larderAt, serve } from './command-world.ts';
import { copyOf, tamper } from './verify-world.ts';

async function closedRoot(): Promise<TestLarder> {
  const world = await openTestLarder({
    'lod/things/a.json': '{"name": "Ada"}',
    'lod/things/b.json': '{"name": "Eve"}',
  });
  await world.larder[Symbol.asyncDispose]();
  return world;
}

test('verify answers the same through a daemon as on a root that nobody serves', async () => {
  await using world = await closedRoot();
  const closed = await larder(world.root, 'verify', '--json');
  const served = await (async () => {
    await using daemon = await serve(world.root);
    return await larder(daemon.larder.root, 'verify', '--json');
  })();
  const { elapsed_ms: _a, ...one } = closed.json;
  const { elapsed_ms: _b, ...other } = served.json;
  expect([closed.code, served.code]).toEqual([0, 0]);
  expect(one).toEqual(other);
  expect(one).toMatchObject({ ok: true, differences: 0, files: 2, versions: 2, findings: [] });
});

test('verify on a copy runs while a daemon serves another root', async () => {
  await using world = await closedRoot();
  using copy = copyOf(world.root);
  await using daemon = await serve(world.root);
  expect(daemon.larder.status().documents).toBe(2);
  writeFileSync(copy.at('lod/things/a.json'), '{"name": "edited"}');
  const { code, out } = await larder(copy.root, 'verify');
  expect(code).toBe(0);
  expect(out).toContain('pending file lod/things/a.json: it was edited by hand');
});

test('differences end with code 4, and --repair makes the derived data anew', async () => {
  await using world = await closedRoot();
  tamper(world.root, `UPDATE documents SET text = '{}' WHERE text LIKE '%Ada%'`);
  const found = await larder(world.root, 'verify');
  expect(found.code).toBe(4);
  expect(found.out).toContain('difference text lod/things/a.json');
  expect(await larder(world.root, 'verify', '--repair', '--json')).toMatchObject({ code: 0, json: { ok: true } });
  expect((await larder(world.root, 'verify')).code).toBe(0);
});

test('rebuild and --repair refuse while a daemon serves, and change nothing', async () => {
  await using world = await closedRoot();
  await using daemon = await serve(world.root);
  for (const args of [['rebuild'], ['verify', '--repair']] as const) {
    const { code, err } = await larder(world.root, ...args);
    expect(code).toBe(7);
    expect(err).toContain('stop it first');
  }
  expect(daemon.larder.status().documents).toBe(2);
});

test('rebuild says what it made', async () => {
  await using world = await closedRoot();
  expect(await larder(world.root, 'rebuild', '--json')).toMatchObject({
    code: 0,
    json: { documents: 2, problems: 0, seq: 2 },
  });
});

test('--against a backup names what is older, missing and newer there', async () => {
  await using world = await closedRoot();
  using backup = copyOf(world.root);
  expect(await larder(world.root, 'verify', '--against', backup.root, '--json')).toMatchObject({
    code: 0,
    json: { against: { relation: 'same', differences: 0 } },
  });
  writeFileSync(world.at('lod/things/a.json'), '{"name": "Ada, later"}');
  writeFileSync(world.at('lod/things/c.json'), '{}');
  await larder(world.root, 'status');
  const later = await larder(world.root, 'verify', '--against', backup.root, '--json');
  expect(later).toMatchObject({
    code: 4,
    json: { against: { relation: 'behind', seq: 2, common: 2, differences: 2 } },
  });
  const back = await larder(backup.root, 'verify', '--against', world.root);
  expect(back.code).toBe(4);
  expect(back.out).toContain('lod/things/a.json: it is newer there (seq 1 here, ');
  expect(back.out).toContain('lod/things/c.json: it is missing here');
  expect(back.out).toContain(`${backup.root}: no differences, 0 pending`);
  expect(back.out).toContain(`${world.root}: this history and more`);
});

test('--against looks at the files of a backup too, not at its log alone', async () => {
  await using world = await closedRoot();
  using backup = copyOf(world.root);
  rmSync(backup.at('lod/things/a.json'));
  expect((await larder(world.root, 'verify', '--against', backup.root)).out).toMatch(
    /pending document lod\/things\/a\.json: the file there .* opening writes the recorded version\n.*\n?.*\n.*, 0 documents differ/,
  );
  await larder(backup.root, 'status');
  rmSync(backup.at('lod/things/a.json'));
  writeFileSync(backup.at('lod/things/b.json'), '{"name": "Mallory"}');
  writeFileSync(backup.at('lod/things/c.json'), '{"name": "new"}');
  const { code, json } = await larder(world.root, 'verify', '--against', backup.root, '--json');
  expect([code, json['against']]).toMatchObject([4, { relation: 'ahead', differences: 3 }]);
  expect(json['findings']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'document', path: 'lod/things/a.json', detail: 'it is missing there' }),
      expect.objectContaining({ path: 'lod/things/b.json', detail: expect.stringContaining('no history knows them') }),
      expect.objectContaining({ path: 'lod/things/c.json', detail: 'it is missing here' }),
    ]),
  );
});

test('--against a copy of the files alone compares what lies there, also what was never good', async () => {
  await using world = await closedRoot();
  writeFileSync(world.at('lod/things/broken.json'), '{"name": ');
  await larder(world.root, 'status');
  using copy = copyOf(world.root);
  rmSync(copy.at('.larder'), { recursive: true });
  expect(await larder(world.root, 'verify', '--against', copy.root, '--json')).toMatchObject({
    code: 0,
    json: { against: { relation: 'unrelated', log: null, differences: 0 } },
  });
  writeFileSync(copy.at('lod/things/broken.json'), '{"name": "mended"}');
  const { code, out } = await larder(world.root, 'verify', '--against', copy.root);
  expect(code).toBe(4);
  expect(out).toContain(`${copy.root}: files without a history, 1 documents differ`);
});

test('--against says what an edit by hand since has made of both sides', async () => {
  await using world = await closedRoot();
  writeFileSync(world.at('lod/things/a.json'), '{"name": "edited"}');
  using copy = copyOf(world.root);
  expect(await larder(world.root, 'verify', '--against', copy.root, '--json')).toMatchObject({
    json: { pending: 1, against: { relation: 'same', differences: 0 } },
  });
  await using daemon = await serve(copy.root);
  const served = await larder(world.root, 'verify', '--against', daemon.larder.root, '--json');
  expect(served).toMatchObject({ code: 0, json: { against: { relation: 'ahead', differences: 0 } } });
});

test('--against tells a machine that went on by itself, and one that never had this history', async () => {
  await using world = await closedRoot();
  using second = copyOf(world.root);
  writeFileSync(world.at('lod/things/a.json'), '{"name": "here"}');
  writeFileSync(second.at('lod/things/a.json'), '{"name": "there"}');
  await larder(world.root, 'status');
  await larder(second.root, 'status');
  const diverged = await larder(world.root, 'verify', '--against', second.root, '--json');
  expect(diverged.json).toMatchObject({ against: { relation: 'diverged', common: 2, differences: 1 } });
  rmSync(second.at('.larder'), { recursive: true });
  await larder(second.root, 'status');
  const unrelated = await larder(world.root, 'verify', '--against', second.root, '--json');
  expect(unrelated.json).toMatchObject({ against: { relation: 'unrelated', common: 0 } });
});

test('rescue writes beside the root and says what it could not read', async () => {
  await using world = await closedRoot();
  await using other = await openTestLarder();
  const { code, json } = await larder(world.root, 'rescue', `${other.root}/rescued`, '--json');
  expect([code, json['written'], json['gaps']]).toEqual([0, 2, []]);
  expect((await larder(world.root, 'rescue', `${other.root}/rescued`)).code).toBe(2);
  const { out } = await larder(world.root, 'rescue', `${other.root}/again`);
  expect(out).toMatch(/^the newest version of 2 paths written to .*\/again, 2 versions listed/);
});

test.each(['closed', 'served'])('prune and forget work on a root that is %s', async (how) => {
  await using world = await closedRoot();
  await using stack = new AsyncDisposableStack();
  if (how === 'served') stack.use(await serve(world.root));
  writeFileSync(world.at('lod/things/a.json'), '{"name": "Ada, without the password"}');
  if (how === 'closed') await larder(world.root, 'status');
  expect(await larder(world.root, 'prune', '--dry-run', '--json')).toMatchObject({
    code: 0,
    json: { versions: 0, dry_run: true },
  });
  expect((await larder(world.root, 'prune')).out).toContain('nothing to prune: every version is kept');
  const shown = await larder(world.root, 'forget', 'lod/things/a.json');
  expect([shown.code, shown.out]).toEqual([
    0,
    expect.stringMatching(
      /^would forget 1 version of lod\/things\/a\.json \(1\), .*\n(.*\n)*nothing is changed yet: --yes does it\n$/,
    ),
  ]);
  expect((await larder(world.root, 'show', 'lod/things/a', '--at', '1')).out).toBe('{"name": "Ada"}');
  await expect
    .poll(() => larder(world.root, 'forget', 'lod/things/a.json', '--yes', '--json'), {
      timeout: 25_000,
      interval: 500,
    })
    .toMatchObject({ code: 0, json: { forgotten: [1], dry_run: false } });
  for (const name of ['lod/things/a.json', 'lod/things/a', world.at('lod/things/a.json')]) {
    const { code, err } = await larder(world.root, 'forget', name);
    expect([code, err]).toEqual([5, expect.stringContaining('but what the file holds now')]);
  }
  expect((await larder(world.root, 'forget', 'lod/things/b.json', '--seq', '2')).code).toBe(6);
  expect((await larder(world.root, 'forget', 'lod/things/b.json', '--seq', 'two')).code).toBe(2);
  expect((await larder(world.root, 'verify', '--json')).json).toMatchObject({ ok: true, without_bytes: 1 });
});

test('status says how much the history takes, and how much room there is', async () => {
  await using world = await closedRoot();
  const { json, out } = await larder(world.root, 'status', '--json');
  expect(json['history']).toMatchObject({
    blob_bytes: 0,
    log_bytes: expect.any(Number),
    total_bytes: expect.any(Number),
  });
  expect(out).not.toBe('');
  await using daemon = await serve(world.root);
  expect((await larder(daemon.larder.root, 'status')).out).toMatch(
    /^history +\d+ KiB; [\d.]+ .iB \(\d+ %\) of the disk free$/m,
  );
});

test.each(['closed', 'served'])(
  'what is saved while somebody is asked is not forgotten (a root that is %s)',
  async (how) => {
    await using world = await closedRoot();
    await using stack = new AsyncDisposableStack();
    const daemon = how === 'served' ? stack.use(await serve(world.root)) : null;
    const place = world.at('lod/things/a.json');
    writeFileSync(place, '{"name": "Ada, without the password"}');
    await daemon?.larder.rescan();
    const ask = async (): Promise<boolean> => {
      writeFileSync(place, '{"name": "Ada, saved meanwhile"}');
      await daemon?.larder.rescan();
      return true;
    };
    const { code, out, err } = await larderAt({ ask }, world.root, 'forget', 'lod/things/a.json');
    expect([code, out]).toEqual([6, expect.stringMatching(/^would forget 1 version .* \(1\)/)]);
    expect(err).toMatch(/it would forget version \d+ too; nothing was forgotten, look again/);
    expect((await larder(world.root, 'show', 'lod/things/a', '--at', '1')).out).toBe('{"name": "Ada"}');
    const told = await larderAt({ ask: async () => true }, world.root, 'forget', 'lod/things/a.json');
    expect([told.code, told.out]).toEqual([0, expect.stringMatching(/would forget 2 versions [^]*forgot 2 versions/)]);
  },
);

/** Whatever lies in the tree is a problem with a place and a hint, never a crash, a hang or a byte from outside. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Problem } from '../../src/core/problems.ts';
import { openTestLarder, type TestLarder } from '../reconciler/world.ts';
import { openCliWorld, startDaemon } from '../cli/world.ts';

const PATIENT = { timeout: 25_000 };

const problemsIn = ({ larder }: TestLarder): readonly Problem[] =>
  larder.problems({ collection: null, limit: 1000, cursor: null }).items;

/** Each path with the code of its problem and that of its first fault. */
const told = (problems: readonly Problem[]): Record<string, string> =>
  Object.fromEntries(problems.map(({ path, code, errors }) => [path, `${code}: ${errors[0]?.code ?? ''}`]));

const nested = (depth: number): string => `{"v":${'['.repeat(depth)}${']'.repeat(depth)}}`;

/** `lod/things/good` must be served whatever lies beside it. */
function makeHostile(world: TestLarder): void {
  const at = (path: string): string => world.at(path);
  const save = (path: string, text: string): void => world.save(path, text);
  mkdirSync(at('lod/things'), { recursive: true });
  execFileSync('mkfifo', [at('lod/things/fifo.json')]);
  symlinkSync('loop.json', at('lod/things/loop.json'));
  symlinkSync('/etc/passwd', at('lod/things/outside.json'));
  symlinkSync('/etc', at('lod/things/etc'));
  mkdirSync(at('lod/things/folder.json'));
  save('lod/things/empty.json', '');
  save('lod/things/blank.json', ' \n');
  writeFileSync(at('lod/things/latin.json'), Buffer.from('{"name": "Gr\xf6\xdfe"}', 'latin1'));
  writeFileSync(at('lod/things/utf16.json'), Buffer.from('{"a": 1}', 'utf16le'));
  save('lod/things/deep.json', nested(100_000));
  save('lod/things/just-deep.json', nested(127));
  save('lod/things/too-deep.json', nested(128));
  save('lod/things/array.json', '[]');
  save('lod/things/twice.json', '{"a": 1, "a": 2}');
  save('lod/things/proto.json', '{"__proto__": {"polluted": true}}');
  save('lod/things/surrogate.json', String.raw`{"a": "\ud800"}`);
  save('lod/things/NUL.json', '{}');
  save('lod/things/a:b.json', '{}');
  save('lod/things/Cafe\u0301.json', '{}');
  save('lod/things/.hidden.json', '{}');
  save('lod/things/x.json.json', '{}');
  save('lod/things/UPPER.JSON', '{}');
  save('root-level.json', '{}');
  save('lod/namespace-level.json', '{}');
  const huge = openSync(at('lod/things/huge.json'), 'w');
  ftruncateSync(huge, 100 * 1024 * 1024);
  closeSync(huge);
  writeFileSync(Buffer.concat([Buffer.from(at('lod/things/')), Buffer.from([0xff, 0xfe]), Buffer.from('.json')]), '{}');
  save('lod/things/good.json', '{"v": 1}\n');
}

const EXPECTED: Readonly<Record<string, string>> = {
  'lod/things/fifo.json': 'unreadable: unreadable_special',
  'lod/things/loop.json': 'unreadable: unreadable_symlink',
  'lod/things/outside.json': 'unreadable: unreadable_symlink',
  'lod/things/etc': 'unreadable: unreadable_symlink',
  'lod/things/folder.json': 'unreadable: unreadable_directory',
  'lod/things/empty.json': 'invalid: json_empty',
  'lod/things/blank.json': 'invalid: json_empty',
  'lod/things/latin.json': 'invalid: json_not_utf8',
  'lod/things/utf16.json': 'invalid: json_not_utf8',
  'lod/things/deep.json': 'invalid: json_depth',
  'lod/things/too-deep.json': 'invalid: json_depth',
  'lod/things/array.json': 'invalid: json_top_level',
  'lod/things/twice.json': 'invalid: json_duplicate_key',
  'lod/things/proto.json': 'invalid: json_proto',
  'lod/things/surrogate.json': 'invalid: json_surrogate',
  'lod/things/NUL.json': 'name: name_reserved',
  'lod/things/a:b.json': 'name: name_character',
  'lod/things/Cafe\u0301.json': 'name: name_not_nfc',
  'lod/things/x.json.json': 'name: name_double_ending',
  'lod/things/UPPER.JSON': 'name: name_ending_case',
  'lod/things/huge.json': 'invalid: json_too_large',
  'lod/things/\\xff\\xfe.json': 'name: name_not_utf8',
  'root-level.json': 'name: name_outside_collection',
  'lod/namespace-level.json': 'name: name_outside_collection',
};

test('each hostile file of a new root is a problem of its own, and the good one beside them is served', async () => {
  await using world = await openTestLarder({});
  await world.reopen(() => makeHostile(world));
  await expect.poll(() => told(problemsIn(world)), PATIENT).toEqual(EXPECTED);
  expect(await world.text('good')).toBe('{"v": 1}\n');
  expect(await world.text('just-deep')).not.toBeNull();
  for (const problem of problemsIn(world)) {
    expect(problem.hint, problem.path).not.toBe('');
    expect(problem.errors[0]?.detail, problem.path).toMatch(/\w/);
  }
  expect(JSON.stringify(problemsIn(world))).not.toContain('root:x:0');
});

test('the same files are problems when they come while a root is served, and end when they go', async () => {
  await using world = await openTestLarder({ 'lod/things/first.json': '{}' }, { watcher: 'auto' });
  makeHostile(world);
  await expect.poll(() => told(problemsIn(world)), PATIENT).toEqual(EXPECTED);
  for (const path of Object.keys(EXPECTED)) rmSync(world.at(path), { recursive: true, force: true });
  rmSync(Buffer.concat([Buffer.from(world.at('lod/things/')), Buffer.from([0xff, 0xfe]), Buffer.from('.json')]));
  await world.larder.rescan();
  await expect.poll(() => told(problemsIn(world)), PATIENT).toEqual({});
  expect(await world.text('good')).toBe('{"v": 1}\n');
});

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

test.skipIf(!canMount)('another device below the root is 503 and a problem; nothing is written to it', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 }, 'lod/mounted/keep.txt': '' });
  const mounted = join(world.root, 'lod/mounted');
  const script = `mount -t tmpfs none ${mounted} && echo '{}' >${mounted}/x.json && exec "$@"`;
  await using daemon = await startDaemon(world.root, { behind: ['unshare', '--mount', 'sh', '-c', script, 'sh'] });
  const read = await fetch(`${daemon.url}/v1/lod/mounted/x`);
  expect([read.status, ((await read.json()) as { code: string }).code]).toEqual([503, 'other_device']);
  const write = await fetch(`${daemon.url}/v1/lod/mounted/y`, {
    method: 'PUT',
    body: '{}',
    headers: { 'Content-Type': 'application/json' },
  });
  expect(write.status).toBe(503);
  const { items } = (await (await fetch(`${daemon.url}/v1/_problems`)).json()) as { items: Problem[] };
  expect(told(items)).toEqual({ 'lod/mounted': 'held: other_device' });
  expect((await fetch(`${daemon.url}/v1/lod/c/a`)).status).toBe(200);
});

const NOBODY = 65_534;

test.skipIf(process.getuid?.() !== 0)(
  'without permission a file or folder is a problem, and its documents are not deleted',
  async () => {
    using world = openCliWorld({ 'lod/c/a.json': { v: 1 }, 'lod/c/b.json': { v: 2 }, 'lod/d/c.json': { v: 3 } });
    chmodSync(world.beside, 0o755);
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, world.root]);
    await using daemon = await startDaemon(world.root, { uid: NOBODY });
    const status = async (path: string): Promise<number> => (await fetch(`${daemon.url}${path}`)).status;
    expect(await status('/v1/lod/c/a')).toBe(200);
    chownSync(join(world.root, 'lod/c/a.json'), 0, 0);
    chmodSync(join(world.root, 'lod/c/a.json'), 0o600);
    chmodSync(join(world.root, 'lod/d'), 0);
    const problems = async (): Promise<Record<string, string>> =>
      told(((await (await fetch(`${daemon.url}/v1/_problems`)).json()) as { items: Problem[] }).items);
    await expect.poll(problems, { timeout: 28_000, interval: 500 }).toMatchObject({
      'lod/c/a.json': 'unreadable: unreadable_denied',
    });
    // What was served is served on, marked, from the history.
    const read = await fetch(`${daemon.url}/v1/lod/c/a`);
    expect([read.status, read.headers.get('larder-problem')]).toEqual([200, expect.stringContaining('unreadable')]);
    expect(await status('/v1/lod/c/b')).toBe(200);
    await expect.poll(problems, { timeout: 28_000, interval: 500 }).toMatchObject({ 'lod/d': 'held: no_permission' });
    const held = await fetch(`${daemon.url}/v1/lod/d/c`);
    expect([held.status, held.headers.get('larder-problem')]).toEqual([200, expect.stringMatching(/^held; /)]);
    expect(daemon.child.exitCode).toBeNull();
    chmodSync(join(world.root, 'lod/d'), 0o755);
  },
);

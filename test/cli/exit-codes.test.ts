import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { openCliWorld, run, startDaemon } from './world.ts';

test.each([
  [['statsu'], 'Did you mean status?'],
  [['status', '--rot', 'x'], 'Did you mean --root?'],
  [['import', '--idd', 'x', 'f', 'a/b'], 'Did you mean --id?'],
  [['import'], "missing required argument 'file'"],
  [['import', 'a', 'b/c', 'd'], 'too many arguments'],
  [['import', '-', 'nowhere'], 'namespace/collection'],
  [['import', '-', 'lod/files'], 'no collection'],
  [['import', '-', 'lod/.hidden'], 'dot'],
  [['import', '-', 'a/b', '--format', 'xml'], 'Allowed choices are json, ndjson, csv'],
  [['status', '--port', 'many'], 'listen.port cannot be "many": a whole number from 0 to 65535 is expected'],
  [['status', '--port', '70000'], '65535'],
  [['status', '--config', '/nowhere/larder.yaml'], '/nowhere/larder.yaml is not there'],
  [[], 'Usage: larder'],
])('%j is wrong usage, and told what was meant', async (args, said) => {
  using world = openCliWorld();
  const { code, out, err } = await run(args, { workingDirectory: world.beside, env: { LARDER_ROOT: world.root } });
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain(said);
});

test('help and version are answers, not faults', async () => {
  const help = await run(['--help']);
  expect([help.code, help.err]).toEqual([0, '']);
  for (const command of ['start', 'init', 'status', 'problems', 'types', 'import']) expect(help.out).toContain(command);
  expect(await run(['import', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--id <field>') });
  expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('a root that is not there, is a file, or cannot be written says what to do', async () => {
  using world = openCliWorld();
  writeFileSync(join(world.beside, 'file'), '');
  expect(await run(['status', '--root', join(world.beside, 'none')])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/is not there: mount its disk, make the directory, .* name it with --port/),
  });
  expect(await run(['status', '--root', join(world.beside, 'file')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('is not a directory'),
  });
});

test('a configured root that is empty is refused: its disk may not be mounted', async () => {
  using world = openCliWorld();
  mkdirSync(join(world.beside, 'mount'));
  writeFileSync(join(world.beside, 'larder.yaml'), 'root: mount\n');
  const around = { workingDirectory: world.beside };
  const refused = await run(['status'], around);
  expect(refused).toMatchObject({ code: 6, err: expect.stringMatching(/mounted\?.*larder init --root .*mount/s) });
  expect(await run(['start', '--port', '0'], around)).toMatchObject({ code: 6 });
  expect(await run(['init'], around)).toMatchObject({ code: 0 });
  expect(await run(['status'], around)).toMatchObject({ code: 0 });
});

test('a second daemon is refused and told who serves; a daemon that is not there is told as well', async () => {
  using world = openCliWorld({ 'lod/c/a.json': {} });
  await using daemon = await startDaemon(world.root);
  const second = await run(['start', '--port', '0', '--root', world.root]);
  expect(second.code).toBe(7);
  expect(second.err).toContain(`process ${daemon.child.pid} at ${daemon.url} serves this root already`);
  const taken = openCliWorld({ 'lod/c/a.json': {} });
  const other = await run(['start', '--port', String(daemon.port), '--root', taken.root]);
  taken[Symbol.dispose]();
  expect(other).toMatchObject({ code: 1, err: expect.stringMatching(/--port/) });
  expect(await run(['status', '--port', '1'])).toMatchObject({
    code: 7,
    err: expect.stringContaining('nothing answers'),
  });
});

test('what others could reach is refused as long as there are no keys', async () => {
  using world = openCliWorld({ 'lod/c/a.json': {} });
  const open = await run(['start', '--root', world.root, '--host', '0.0.0.0', '--port', '0']);
  expect(open).toMatchObject({ code: 2, err: expect.stringContaining('can be reached by others') });
});

test('a damaged log stops the start and says what to do; the files are as they were', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await world.run('status');
  await world.run('status');
  const name = readdirSync(join(world.root, '.larder/log')).find((one) => one.endsWith('.log')) ?? '';
  const path = join(world.root, '.larder/log', name);
  const bytes = readFileSync(path);
  // In the frame before the last one, which was written only after this one was synced.
  const at = bytes.lastIndexOf('LFR1') - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
  const { code, err } = await world.run('status');
  expect(code).toBe(ERRORS.log_damaged.exit);
  expect(err).toContain(name);
  expect(err).toMatch(/\b\d+\b.*\n {2}The files are untouched\./s);
  expect(JSON.parse(readFileSync(join(world.root, 'lod/c/a.json'), 'utf8'))).toEqual({ v: 1 });
});

test('damaged, older or foreign derived data is made again and stops nothing', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await world.run('status');
  const catalog = join(world.root, '.larder/derived/catalog.sqlite');
  writeFileSync(catalog, 'this is no database');
  expect(await world.run('status')).toMatchObject({ code: 0, out: expect.stringMatching(/^documents +1 /m) });
  chmodSync(catalog, 0o600);
  writeFileSync(catalog, Buffer.concat([readFileSync(catalog).subarray(0, 4096), Buffer.alloc(8192, 7)]));
  expect(await world.run('status')).toMatchObject({ code: 0, out: expect.stringMatching(/^documents +1 /m) });
});

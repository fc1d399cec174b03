import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyCheckout, startScript } from './checkout.ts';

test(
  'scripts/start prints what it serves, where the docs are, one curl line that works, and a line when ready',
  { timeout: 60_000 },
  async () => {
    using checkout = copyCheckout();
    await using daemon = await startScript(checkout, ['scripts/start', '--port', '0']);
    // The broken document of the data is only pending, and not counted, while its file is younger than 2 s.
    await daemon.until(/^ready: \d+ documents(, \d+ problems? \(larder problems\))?$/m);
    const printed = daemon.printed();
    expect(printed).toMatch(new RegExp(`^Larder \\d\\S+ serves ${checkout.path}/data on ${daemon.url}$`, 'm'));
    const docs = /^ +docs +(\S+)$/m.exec(printed)?.[1] ?? '';
    expect((await fetch(docs)).status).toBe(200);
    const curl = /^ +try +(curl .*)$/m.exec(printed)?.[1] ?? '';
    const tried = spawnSync('bash', ['-c', `${curl} -sf`], { encoding: 'utf8' });
    expect(tried.status).toBe(0);
    expect(JSON.parse(tried.stdout)).toMatchObject({ items: [{ name: 'bc' }, { name: 'lod' }] });
    // exec: a signal to the script is a signal to Larder.
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
  },
);

test('a flag beats the environment, that beats larder.yaml, that beats the default', { timeout: 120_000 }, async () => {
  using checkout = copyCheckout();
  const served = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> => {
    await using daemon = await startScript(checkout, ['scripts/start', ...args], env);
    return (await daemon.until(/serves \S+/)).slice('serves '.length + checkout.path.length + 1);
  };
  for (const name of ['by-flag', 'by-variable', 'by-file']) {
    mkdirSync(join(checkout.path, name));
    writeFileSync(join(checkout.path, name, 'note.txt'), '');
  }
  const env = { LARDER_ROOT: 'by-variable', LARDER_PORT: '0', LARDER_HOST: 'localhost' };
  expect(await served(['--port', '0'], {})).toBe('data');
  writeFileSync(join(checkout.path, 'larder.yaml'), 'root: by-file\nlisten: { port: 0 }\n');
  expect(await served([], {})).toBe('by-file');
  expect(await served([], env)).toBe('by-variable');
  expect(await served(['--root', 'by-flag'], env)).toBe('by-flag');
});

test('a checkout whose data are away names them, and takes no other root in their place', () => {
  using checkout = copyCheckout();
  renameSync(join(checkout.path, 'data'), join(checkout.path, 'elsewhere'));
  const env = { PATH: process.env['PATH'] ?? '' };
  const { status, stderr } = spawnSync(join(checkout.path, 'scripts/larder'), ['status'], { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining(`${checkout.path}/data is not there`)]);
});

test('npm start and npm test do the same as the scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts).toMatchObject({ start: 'scripts/start', test: 'scripts/test' });
  expect(readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8')).toMatch(/scripts\/test"\n$/);
});

test('a second start installs nothing', () => {
  using checkout = copyCheckout();
  // Neither npm nor a network is there: whatever would be fetched fails.
  const env = { PATH: '/usr/bin:/bin', npm_config_offline: 'true' };
  const { status, stdout, stderr } = spawnSync(join(checkout.path, 'scripts/larder'), ['--version'], {
    env,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

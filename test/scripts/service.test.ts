/** What a Debian machine runs: the unit, the Caddy site, and what scripts/install writes. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isInstalled } from '../../scripts/test-programs.ts';
import { openCliWorld, startDaemon } from '../cli/world.ts';
import { freePort } from '../free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const UNIT = readFileSync(join(ROOT, 'systemd/larder.service'), 'utf8');

interface Place extends Disposable {
  readonly path: string;
}

const place = (): Place => {
  const path = mkdtempSync(join(tmpdir(), 'larder-service-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

test('the unit waits for its disk and lets the group write', () => {
  expect(UNIT).toMatch(/^RequiresMountsFor=\/srv\/data\/json-db$/m);
  expect(UNIT).toMatch(/^UMask=0002$/m);
  expect(UNIT).toMatch(/^User=larder$/m);
});

test.skipIf(!isInstalled('systemd-analyze'))('systemd-analyze finds nothing wrong with the unit', () => {
  using here = place();
  // The paths that installing makes are not there; everything else is judged as it is.
  const unit = UNIT.replace('WorkingDirectory=/srv/data/json-db', 'WorkingDirectory=/');
  writeFileSync(join(here.path, 'larder.service'), unit);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(here.path, 'larder.service')], {
    encoding: 'utf8',
  });
  const complaints = stderr.split('\n').filter((line) => line.includes('larder.service'));
  expect([status, complaints]).toEqual([0, []]);
});

test('scripts/install writes unit, settings, site and a setgid data directory below a prefix, and nothing twice', () => {
  using here = place();
  const install = (): string =>
    execFileSync(join(ROOT, 'scripts/install'), ['--prefix', here.path], { encoding: 'utf8' });
  expect(install()).toContain('Larder serves /srv/data/json-db');
  expect(statSync(join(here.path, 'srv/data/json-db')).mode & 0o7777).toBe(0o2775);
  expect(readFileSync(join(here.path, 'etc/systemd/system/larder.service'), 'utf8')).toBe(UNIT);
  expect(existsSync(join(here.path, 'etc/caddy/Caddyfile'))).toBe(true);
  for (const name of ['src/cli.ts', 'scripts/start', 'package-lock.json', 'docs/configuration.md'])
    expect(existsSync(join(here.path, 'opt/larder', name)), name).toBe(true);
  const settings = join(here.path, 'etc/larder/larder.yaml');
  expect(readFileSync(settings, 'utf8')).toContain('root: /srv/data/json-db');
  writeFileSync(settings, 'root: /elsewhere\n');
  writeFileSync(join(here.path, 'opt/larder/src/left-over.ts'), '');
  install();
  expect(readFileSync(settings, 'utf8')).toBe('root: /elsewhere\n');
  expect(existsSync(join(here.path, 'opt/larder/src/left-over.ts'))).toBe(false);
});

test('scripts/install without root says so, and --dry-run touches nothing', () => {
  const said = execFileSync(join(ROOT, 'scripts/install'), ['--dry-run'], { encoding: 'utf8' });
  expect(said).toContain('/srv/data/json-db');
  expect(existsSync('/opt/larder')).toBe(false);
  expect(spawnSync(join(ROOT, 'scripts/install'), ['--frob'], { encoding: 'utf8' })).toMatchObject({ status: 2 });
});

const CADDYFILE = readFileSync(join(ROOT, 'Caddyfile'), 'utf8');

test.skipIf(!isInstalled('caddy'))('caddy finds the Caddyfile valid and in its own format', () => {
  using here = place();
  const env = { ...process.env, HOME: here.path, XDG_DATA_HOME: here.path, XDG_CONFIG_HOME: here.path };
  const validate = spawnSync('caddy', ['validate', '--config', join(ROOT, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env,
    encoding: 'utf8',
  });
  expect(validate.status, validate.stderr).toBe(0);
  expect(validate.stderr).not.toMatch(/"level":"warn"/);
});

/** What passes a proxy needs a key, which there are none of: the proxy's marks are taken off, as if it were this machine. */
const throughCaddy = (caddyPort: number, daemonPort: number): string =>
  CADDYFILE.replace('data.example.org {', `http://127.0.0.1:${caddyPort} {`).replace(
    '127.0.0.1:4747 {',
    `127.0.0.1:${daemonPort} {\n\t\theader_up Host 127.0.0.1:${daemonPort}\n\t\theader_up -X-Forwarded-For\n\t\theader_up -X-Forwarded-Host\n\t\theader_up -X-Forwarded-Proto\n\t\theader_up -Via`,
  );

test.skipIf(!isInstalled('caddy'))('an event passes Caddy when it happens, not when a buffer is full', async () => {
  using here = place();
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await using daemon = await startDaemon(world.root);
  const port = await freePort();
  writeFileSync(join(here.path, 'Caddyfile'), throughCaddy(port, daemon.port));
  const env = { ...process.env, HOME: here.path, XDG_DATA_HOME: here.path, XDG_CONFIG_HOME: here.path };
  const caddy = spawn('caddy', ['run', '--config', join(here.path, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env,
    stdio: 'ignore',
  });
  const over = new AbortController();
  try {
    const url = `http://127.0.0.1:${port}`;
    await expect
      .poll(
        () =>
          fetch(`${url}/livez`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(200);
    const stream = await fetch(`${url}/v1/_changes`, { headers: { accept: 'text/event-stream' }, signal: over.signal });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (word: string): Promise<void> => {
      for (let text = ''; !text.includes(word);) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) throw new Error('the stream ended');
        text += value;
      }
    };
    await until('up-to-date');
    world.save('lod/c/a.json', { v: 2 });
    await until('event: update');
    // A second one: the first might have filled whatever holds it back.
    world.save('lod/c/b.json', { v: 3 });
    await until('event: create');
    expect((await fetch(`${url}/v1/lod/c%2Fa`)).status).toBe(400);
  } finally {
    over.abort();
    caddy.kill('SIGKILL');
    await new Promise((resolve) => caddy.once('close', resolve));
  }
});

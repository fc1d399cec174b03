/** The daemon as its service manager and its log reader see it. */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openCliWorld, run, startDaemon, type RunningDaemon } from './world.ts';

/** An open event stream; resolves when its first bytes are there. */
function openStream({ port }: RunningDaemon): Promise<{ readonly ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/v1/_changes', headers: { accept: 'text/event-stream' } });
    sent.on('response', (incoming) => {
      const ended = new Promise<void>((done) => incoming.on('close', () => done()));
      incoming.once('data', () => resolve({ ended }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The promise is 3 s on an idle machine; this says that it ends by itself, orderly. */
const LATEST_MS = 15_000;

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in order with event streams open', async (signal) => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await using daemon = await startDaemon(world.root);
  const streams = await Promise.all(Array.from({ length: 10 }, () => openStream(daemon)));
  const startedMs = performance.now();
  daemon.child.kill(signal);
  expect(await daemon.ended).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(LATEST_MS);
  await Promise.all(streams.map(({ ended }) => ended));
  expect(daemon.log().trim().split('\n').at(-1)).toContain('stopping');
  // The lock went with it.
  expect((await run(['status', '--root', world.root])).out).toContain('none; opened for this command');
});

test('kill -9 leaves nothing that stops the next start', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  {
    await using daemon = await startDaemon(world.root);
    const headers = { 'Content-Type': 'application/json' };
    const put = await fetch(`${daemon.url}/v1/lod/c/b`, { method: 'PUT', body: '{"v":2}', headers });
    expect(put.status).toBe(201);
    daemon.child.kill('SIGKILL');
    expect(await daemon.ended).toBe('SIGKILL');
  }
  await using again = await startDaemon(world.root);
  expect(await (await fetch(`${again.url}/v1/lod/c/b`)).json()).toEqual({ v: 2 });
});

test('a copy of a root whose port is taken stays as it was copied', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await using daemon = await startDaemon(world.root);
  const copy = `${world.beside}/copy`;
  cpSync(world.root, copy, { recursive: true });
  const identity = readFileSync(`${copy}/.larder/log/identity.json`, 'utf8');
  const { code, err } = await run(['start', '--root', copy, '--port', String(daemon.port)]);
  expect([code, err]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
  expect(readFileSync(`${copy}/.larder/log/identity.json`, 'utf8')).toBe(identity);
  expect(readdirSync(`${copy}/.larder/log`)).toEqual(readdirSync(`${world.root}/.larder/log`));
  // Who serves a root already is what there is to say of it, not that its port is taken.
  expect(await run(['start', '--root', world.root, '--port', String(daemon.port)])).toMatchObject({ code: 7 });
});

test('what cannot be served after all is never said to be', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  for (const v of [2, 3]) {
    await run(['status', '--root', world.root]);
    world.save('lod/c/a.json', { v });
  }
  const log = join(world.root, '.larder/log', '0000000000000001.log');
  const bytes = readFileSync(log);
  const inFirstHead = bytes.indexOf('LFR1') + 40;
  bytes[inFirstHead] = (bytes[inFirstHead] ?? 0) ^ 0xff;
  writeFileSync(log, bytes);
  rmSync(join(world.root, '.larder/derived'), { recursive: true });
  const env = { LARDER_LOG_LEVEL: 'silent' };
  const started = await run(['start', '--root', world.root, '--port', '0'], { env });
  expect(started).toMatchObject({ code: 1, out: '', err: expect.stringContaining('The event log is damaged') });
});

test('the log is a JSON object a line, with the id that the client got, and without a secret', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 } });
  await using daemon = await startDaemon(world.root, { env: { LARDER_LOG_LEVEL: 'trace', SOME_TOKEN: 'swordfish-0' } });
  const headers = {
    'Content-Type': 'application/json',
    Authorization: 'Bearer swordfish-1',
    Cookie: 'session=swordfish-2',
  };
  const answers = [
    await fetch(`${daemon.url}/v1/lod/c/a?_token=swordfish-3`, { headers }),
    await fetch(`${daemon.url}/v1/lod/c/b`, { method: 'PUT', headers, body: '{"password":"swordfish-4"}' }),
    await fetch(`${daemon.url}/v1/lod/c/b`, { method: 'PATCH', headers, body: '{"password":"swordfish-5"' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([400, 201, 400]);
  const ids = answers.map((answer) => answer.headers.get('larder-request-id'));
  await expect
    .poll(() => ids.filter((id) => !daemon.log().includes(`"request_id":"${id}"`)), { timeout: 20_000 })
    .toEqual([]);
  const lines = daemon.log().trim().split('\n');
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(Number) });
  expect(daemon.log()).not.toContain('swordfish');
});

test(
  'readiness is answered with progress while the first scan runs, and documents are served meanwhile',
  { timeout: 120_000 },
  async () => {
    const files = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`lod/c/d${index}.json`, { v: index }]),
    );
    using world = openCliWorld(files);
    await using daemon = await startDaemon(world.root, { untilReady: false });
    const seen = new Set<string>();
    for (let status = 503; status === 503;) {
      const answer = await fetch(`${daemon.url}/readyz`);
      const { reasons = [], scan } = (await answer.json()) as { reasons?: string[]; scan: { looked: number } };
      status = answer.status;
      for (const reason of reasons) seen.add(reason);
      expect(scan.looked).toBeGreaterThanOrEqual(0);
      if (status === 503) expect((await fetch(`${daemon.url}/v1/lod/c/d7`)).status).toBe(200);
    }
    expect(
      [...seen].filter(
        (reason) => !['replaying', 'scanning', 'watcher-degraded', 'no-atomic-exchange'].includes(reason),
      ),
    ).toEqual([]);
    const listed = (await (await fetch(`${daemon.url}/v1/lod`)).json()) as { items: object[] };
    expect(listed.items).toMatchObject([{ name: 'c', count: 3000 }]);
  },
);

test('a command that waits for a second look is not ended in the middle of it', async () => {
  using world = openCliWorld({ 'lod/c/a.json': { v: 1 }, 'lod/c/b.json': { v: 1 } });
  await run(['status', '--root', world.root]);
  rmSync(join(world.root, 'lod/c/a.json'));
  const cli = join(import.meta.dirname, '../../src/cli.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    cli,
    'undo',
    'lod/c/a',
    '--yes',
    '--root',
    world.root,
  ]);
  expect(stdout).toContain('bring back  lod/c/a\n1 taken back');
  expect(readdirSync(join(world.root, 'lod/c'))).toEqual(['a.json', 'b.json']);
});

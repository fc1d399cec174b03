/** Each command on a root that nobody serves, and through the daemon that serves it: the same answers. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCliWorld, run, startDaemon, type CliWorld } from './world.ts';

const TSC = join(import.meta.dirname, '../../node_modules/.bin/tsc');

const files = {
  'lod/customers/_schema.json': {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      credit: { type: 'number' },
      tags: { type: 'array', prefixItems: [{ type: 'string' }, { const: 1 }] },
      parent: { $ref: '#/$defs/ref' },
      kind: { enum: ['a', 'b', null] },
    },
    $defs: { ref: { type: 'object', properties: { id: { type: 'string' }, more: { $ref: '#/$defs/ref' } } } },
    additionalProperties: false,
  },
  'lod/customers/a.json': { name: 'Ada', credit: 1 },
  'lod/customers/b.json': { name: 'Bob', credit: 'plenty' },
  'lod/x-1/odd.json': '{"name": "Ada",\n  }',
  'bc/hubs/oslo.json': { city: 'Oslo' },
  // Neither counts as a document; what an editor leaves is not even counted.
  'bc/hubs/README.md': '# Hubs',
  'bc/hubs/.oslo.json.swp': '',
};

/** Runs the body twice: by itself, and with a daemon that serves the root. */
function bothWays(body: (world: CliWorld, url: string | null) => Promise<void>): void {
  test('on the root itself', async () => {
    using world = openCliWorld(files);
    await settled();
    await body(world, null);
  });
  test('through the daemon', async () => {
    using world = openCliWorld(files);
    await settled();
    await using daemon = await startDaemon(world.root);
    await body(world, daemon.url);
  });
}

/** A broken file is pending for two seconds; here it is one that has been there for long. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2100));

describe('larder status', () => {
  bothWays(async (world, url) => {
    const { code, out, err } = await world.run('status');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^root +${world.root}$`, 'm'));
    expect(out).toMatch(
      url === null
        ? /^daemon +none; opened for this command$/m
        : new RegExp(`^daemon +${url} \\(process \\d+\\)$`, 'm'),
    );
    expect(out).toMatch(/^ready +yes/m);
    expect(out).toMatch(/^documents +2 \(bc 1, lod 1\); other files beside them, ignored: 1$/m);
    expect(out).toMatch(/^problems +2; larder problems lists them$/m);
    const json = JSON.parse((await world.run('status', '--json')).out) as object;
    expect(json).toMatchObject({
      root: world.root,
      ready: true,
      seq: expect.any(Number),
      namespaces: [
        { name: 'bc', count: 1, problems: 0 },
        { name: 'lod', count: 1, problems: 2 },
      ],
    });
  });
});

describe('larder problems', () => {
  bothWays(async (world) => {
    const { code, out } = await world.run('problems');
    expect(code).toBe(4);
    expect(out).toMatch(/^root\/lod\/customers\/b\.json:\d+:\d+: \/credit .*number/m);
    expect(out).toMatch(/^root\/lod\/x-1\/odd\.json:1:15: a comma stands before \}/m);
    const { items } = JSON.parse((await world.run('problems', '--json')).out) as { items: object[] };
    expect(items).toMatchObject([
      { path: 'lod/customers/b.json', state: 'invalid', serving: null },
      { path: 'lod/x-1/odd.json', state: 'invalid', serving: null },
    ]);
  });

  test('nothing to mend is exit 0', async () => {
    using world = openCliWorld({ 'lod/c/a.json': {} });
    expect(await world.run('problems')).toMatchObject({ code: 0, out: 'no problems\n', err: '' });
  });
});

describe('larder types', () => {
  bothWays(async (world) => {
    const made = await world.run('types', '--out', 'types.ts');
    expect(made).toMatchObject({ code: 0, out: '', err: '' });
    expect((await world.run('types')).out).toBe(readFileSync(join(world.beside, 'types.ts'), 'utf8'));
    const use = `import type { BcHubs, Collections, LodCustomers } from './types.ts';
      const good: LodCustomers = { name: 'Ada', credit: 1, kind: 'a', parent: { more: { id: 'x' } } };
      const byName: Collections['lod/customers'] = good;
      const free: BcHubs = { anything: byName };
      // @ts-expect-error a name is text
      const bad: LodCustomers = { name: 1 };
      // @ts-expect-error the schema allows no other members
      const more: LodCustomers = { name: 'Ada', other: 1 };
      export { bad, free, more };`;
    writeFileSync(join(world.beside, 'use.ts'), use);
    const config = { strict: true, noEmit: true, module: 'nodenext', allowImportingTsExtensions: true, types: [] };
    writeFileSync(join(world.beside, 'tsconfig.json'), JSON.stringify({ compilerOptions: config, include: ['*.ts'] }));
    execFileSync(TSC, ['-p', world.beside]);
  });
});

describe('larder init', () => {
  test('makes a root that is served though it is empty, and leaves one that is there', async () => {
    using world = openCliWorld();
    const root = join(world.beside, 'new/root');
    const first = await run(['init', '--root', root]);
    expect(first).toMatchObject({ code: 0, err: '', out: expect.stringContaining('is a root now') });
    expect(existsSync(join(root, '.larder/log'))).toBe(true);
    expect(statSync(root).mode & 0o2000).toBe(0o2000);
    expect(statSync(join(root, '.larder')).mode & 0o777).toBe(0o700);
    expect(JSON.parse((await run(['init', '--json', '--root', root])).out)).toEqual({ root, created: false });
    await using daemon = await startDaemon('', { args: ['--root', root] });
    expect((await fetch(`${daemon.url}/v1`)).status).toBe(200);
  });
});

test('a command finds its root in flag, environment, larder.yaml, in this order', async () => {
  using world = openCliWorld();
  for (const name of ['flag', 'variable', 'file']) {
    writeFileSync(join(world.beside, 'larder.yaml'), 'root: file\n');
    await run(['init', '--root', join(world.beside, name)]);
  }
  const rootOf = async (args: readonly string[], env: Record<string, string>): Promise<string> => {
    const { out } = await run(['status', '--json', ...args], { workingDirectory: world.beside, env });
    return (JSON.parse(out) as { root: string }).root.slice(world.beside.length + 1);
  };
  expect(await rootOf(['--root', 'flag'], { LARDER_ROOT: 'variable' })).toBe('flag');
  expect(await rootOf([], { LARDER_ROOT: 'variable' })).toBe('variable');
  expect(await rootOf([], {})).toBe('file');
});

test('a daemon that is named by its port is asked, wherever its root is', async () => {
  using world = openCliWorld({ 'lod/c/a.json': {} });
  await using daemon = await startDaemon(world.root);
  const { code, out } = await run(['status', '--port', String(daemon.port), '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ root: null, daemon: { url: daemon.url, pid: null }, ready: true });
});

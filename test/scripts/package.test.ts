/** The package as it is published: built by tsc, started once by the oldest Node.js that it says it runs on. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCliWorld, startDaemon } from '../cli/world.ts';

const ROOT = join(import.meta.dirname, '../..');
const OLDEST = '22.22.0';
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly bin: { readonly larder: string };
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
};

/** From the npm registry into the ignored folder .tools, once. Null: the registry cannot be reached. */
function oldestNode(): string | null {
  const folder = join(ROOT, '.tools/oldest');
  const node = join(folder, 'node_modules/node/bin/node');
  if (existsSync(node)) return node;
  const own = join(ROOT, '.tools/node_modules/npm/bin/npm-cli.js');
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${OLDEST}`];
  const [program, first] = existsSync(own) ? [process.execPath, [own]] : ['npm', []];
  const { status } = spawnSync(program, [...first, ...args], { stdio: 'ignore', timeout: 120_000 });
  return status === 0 && existsSync(node) ? node : null;
}

interface Place extends Disposable {
  readonly path: string;
}

function built(): Place {
  const path = mkdtempSync(join(tmpdir(), 'larder-package-'));
  const project = join(ROOT, 'tsconfig.build.json');
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project, '--outDir', join(path, 'dist')], { cwd: ROOT });
  writeFileSync(join(path, 'package.json'), JSON.stringify(PACKAGE));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test(
  'the built package starts with the oldest Node.js that it names, with its workers, and is a library',
  { timeout: 300_000 },
  async (context) => {
    expect(PACKAGE.engines.node).toBe('>=22.22');
    expect(PACKAGE.files).toEqual(['dist', 'docs', 'systemd', 'Caddyfile', 'CHANGELOG.md']);
    const node = oldestNode();
    if (node === null) return context.skip('the npm registry cannot be reached');
    using here = built();
    using world = openCliWorld({ 'lod/c/_schema.json': { type: 'object', properties: { v: { type: 'integer' } } } });
    for (let index = 0; index < 20; index++) world.save(`lod/c/d${index}.json`, { v: index === 3 ? 'no' : index });
    {
      await using daemon = await startDaemon(world.root, { node, entry: join(here.path, PACKAGE.bin.larder) });
      // Twenty at once are judged in a worker, by a schema that a worker has compiled.
      const { items } = (await (await fetch(`${daemon.url}/v1/_problems`)).json()) as { items: object[] };
      expect(items).toMatchObject([{ path: 'lod/c/d3.json' }]);
      const { reasons } = (await (await fetch(`${daemon.url}/readyz`)).json()) as { reasons: string[] };
      expect(reasons).not.toContain('no-atomic-exchange');
      expect((await fetch(`${daemon.url}/docs`)).status).toBe(200);
      daemon.child.kill('SIGTERM');
      expect(await daemon.ended).toBe(0);
    }
    const library = `import { openLarder } from ${JSON.stringify(join(here.path, 'dist/index.js'))};
    const larder = await openLarder({ root: ${JSON.stringify(world.root)} });
    await larder.ready;
    process.stdout.write(String(larder.status().documents));
    await larder[Symbol.asyncDispose]();`;
    expect(execFileSync(node, ['--input-type=module', '-e', library], { encoding: 'utf8' })).toBe('19');
  },
);

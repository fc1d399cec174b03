/** Every command of the README and of docs/ is run as it stands, against a daemon that a fresh copy of the checkout serves. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyCheckout, startScript } from '../scripts/checkout.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Blocks of shell commands, in their order. */
const blocksOf = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

/** What installs, tests the project itself, or is the start that the test makes. */
const NOT_RUN =
  /^(?:git clone|scripts\/start$|scripts\/(?:test|install|demo)\b|npm (?:install|run|test|start)\b|sudo )/;

const runnable = (block: string): string =>
  block
    .split('\n')
    .filter((line) => !NOT_RUN.test(line))
    .join('\n');

/** A stream is heard for a moment; the status of every answer is told; `larder` is the one of the copy. */
const PRELUDE = `set -eo pipefail
curl() {
  local seconds=20 status=0
  case " $* " in *' -N '*) seconds=2 ;; esac
  command curl -sS --max-time "$seconds" -w '%{stderr}STATUS %{http_code} %{method} %{url}\\n' "$@" || status=$?
  [ "$status" = 0 ] || { [ "$status" = 28 ] && [ "$seconds" = 2 ]; }
}
larder() { scripts/larder "$@"; }
`;

const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter(
  (page) => page.endsWith('.md') && blocksOf(page).some((block) => runnable(block).trim() !== ''),
);

test('the README has commands to run', () => {
  expect(pages).toContain('README.md');
  expect(blocksOf('README.md').length).toBeGreaterThan(4);
});

test.each(pages)('the commands of %s work as they stand', { timeout: 300_000 }, async (page) => {
  using checkout = copyCheckout();
  await using daemon = await startScript(checkout, ['scripts/start', '--port', '0']);
  await daemon.until(/^ready: /m);
  for (const block of blocksOf(page).map(runnable)) {
    const script = PRELUDE + block.replaceAll('http://127.0.0.1:4747', daemon.url);
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: checkout.path,
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(status, `${block}\n${stdout}\n${stderr}`).toBe(0);
    const refused = [...stderr.matchAll(/^STATUS ([45]\d\d) .*$/gm)].map(([line]) => line);
    expect(refused, `${block}\n${stdout}`).toEqual([]);
  }
});

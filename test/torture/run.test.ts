import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const run = (...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], { encoding: 'utf8' });

test('a run of a harness tells what it did of what is asked for, as a row of the table', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = run('--only', 'model-real', '--scale', '0.002', '--minutes', '2', '--seed', '3');
  expect(stderr).toMatch(/^model-real: 1 runs of 40 commands at most, seed 3, for 1\.0 min at most/m);
  expect(stdout).toMatch(/\| model-real \| .* \| 1 of 500 runs of 40 commands at most \| \d+ s \| +\| 0 \|/);
  expect(status).toBe(0);
});

test('an unknown harness is named, with those there are', { timeout: 60_000 }, () => {
  const { status, stderr } = run('--only', 'kill,nothing');
  expect(stderr).toMatch(/no harness nothing; there are kill, .*simulator/);
  expect(status).not.toBe(0);
});

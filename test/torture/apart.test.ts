import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runApart } from './apart.ts';
import type { Outcome } from './harness.ts';

/** What the parent hears of a harness whose process runs this. */
async function outcomeOf(program: string, limitMs: number): Promise<Outcome> {
  const place = mkdtempSync(join(tmpdir(), 'larder-apart-'));
  try {
    const file = join(place, 'harness.mjs');
    writeFileSync(file, program);
    return await runApart({ name: 'any', size: 1, seed: 1, limitMs }, file);
  } finally {
    rmSync(place, { recursive: true });
  }
}

const LONG_MS = 30_000;

test.each([
  [
    'that sends its result is believed',
    `process.send({ ran: 3, figures: {}, failures: [] }); setInterval(() => {}, 1000);`,
    LONG_MS,
    { ran: 3, failures: [] },
  ],
  [
    'that throws where nobody catches failed',
    `setTimeout(() => { throw new Error('stray'); }, 10);`,
    LONG_MS,
    { failures: ['ended by exit code 1 before it had a result'] },
  ],
  [
    'that is killed failed',
    `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`,
    LONG_MS,
    { failures: ['ended by SIGKILL before it had a result'] },
  ],
  ['that never ends is ended', `setInterval(() => {}, 1000);`, 500, { failures: ['did not end within 1 s'] }],
])('a harness %s', async (_, program, limitMs, expected) =>
  expect(await outcomeOf(program, limitMs)).toMatchObject(expected),
);

test('what a harness left running ends with it', async () => {
  const program = `
    import { spawn } from 'node:child_process';
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    process.send({ ran: child.pid, figures: {}, failures: [] });`;
  const { ran } = await outcomeOf(program, LONG_MS);
  await expect.poll(() => isRunning(ran), { timeout: 20_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

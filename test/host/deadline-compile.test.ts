import { expect, test } from 'vitest';
import { compileWithDeadline } from '../../src/host/deadline-compile.ts';

const COMPILER = new URL('./compile-idle.ts', import.meta.url);
const DEADLINE_MS = 300;

test(
  'what takes work without end is late, and the next text is compiled all the same',
  { timeout: 120_000 },
  async () => {
    expect(await compileWithDeadline(COMPILER, '0', DEADLINE_MS)).toMatchObject({ kind: 'done' });
    expect(await compileWithDeadline(COMPILER, 'for ever', DEADLINE_MS)).toEqual({ kind: 'late' });
    expect(await compileWithDeadline(COMPILER, '0', DEADLINE_MS)).toMatchObject({ kind: 'done' });
  },
);

test('a thread that only waits for its turn is waited for', { timeout: 120_000 }, async () => {
  expect(await compileWithDeadline(COMPILER, String(DEADLINE_MS * 4), DEADLINE_MS)).toMatchObject({ kind: 'done' });
});

test('a compiler that throws, or whose thread ends, failed and is not late; the next text has another', async () => {
  for (const [text, reason] of [
    ['throw', 'RangeError: it is too much'],
    ['exit', 'its thread ended with code 3'],
  ] as const)
    expect(await compileWithDeadline(COMPILER, text, DEADLINE_MS)).toEqual({ kind: 'failed', reason });
  expect(await compileWithDeadline(COMPILER, '0', DEADLINE_MS)).toMatchObject({ kind: 'done' });
});

test('a thread that dies while nobody waits for it ends neither the process nor what is compiled after it', async () => {
  expect(await compileWithDeadline(COMPILER, 'throw later', DEADLINE_MS)).toMatchObject({ kind: 'done' });
  await new Promise((resolve) => void setTimeout(resolve, 200));
  expect(await compileWithDeadline(COMPILER, '0', DEADLINE_MS)).toMatchObject({ kind: 'done' });
});

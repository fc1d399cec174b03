import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { play, steps } from './random-lives.ts';

test('whatever fails and whenever power goes, the log holds what it acknowledged and nothing that it refused', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), (plan, seed) => play(plan, seed, (fs) => fs)),
    { numRuns: 400 },
  );
});

/** The same file system with calls replaced. */
const without = (fs: FileSystem, replaced: Partial<FileSystem>): FileSystem => ({
  ...faultyFileSystem(fs, []),
  ...replaced,
});

/** Lost, or there although it was refused, or damaged: which of them depends on where the life ended. */
const COMPLAINT = /kept|came back|not the trace of a crash|byte \d+: /;

test.each([
  ['fdatasync', (fs: FileSystem) => without(fs, { fdatasync: async () => {} })],
  ['fsync', (fs: FileSystem) => without(fs, { fsync: async () => {} })],
  ['truncate', (fs: FileSystem) => without(fs, { truncate: () => {} })],
])('the test above would notice a missing %s', async (_, wrap) => {
  const outcome = await fc.check(
    fc.asyncProperty(steps, fc.nat(), (plan, seed) => play(plan, seed, wrap)),
    { numRuns: 4000, endOnFailure: true },
  );
  expect(String(outcome.errorInstance)).toMatch(COMPLAINT);
});

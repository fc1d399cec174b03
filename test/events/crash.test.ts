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

test.each([
  ['fdatasync', (fs: FileSystem) => without(fs, { fdatasync: async () => {} }), /kept|byte \d+: /],
  ['fsync', (fs: FileSystem) => without(fs, { fsync: async () => {} }), /kept|byte \d+: /],
  [
    'truncate',
    (fs: FileSystem) => without(fs, { truncate: () => {} }),
    /came back|not the trace of a crash|byte \d+: /,
  ],
])('the test above would notice a missing %s', async (_, wrap, complaint) => {
  const outcome = await fc.check(
    fc.asyncProperty(steps, fc.nat(), (plan, seed) => play(plan, seed, wrap)),
    { numRuns: 400, endOnFailure: true },
  );
  expect(String(outcome.errorInstance)).toMatch(complaint);
});

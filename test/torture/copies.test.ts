import { expect, test, type TestContext } from 'vitest';
import { rsyncCopies } from './copies.ts';

test(
  '3 copies by rsync under write load are whole, verify and serve',
  { timeout: 180_000 },
  async ({ skip }: TestContext) => {
    const { failures, skipped } = await rsyncCopies.run({ size: 3, seed: 1 });
    if (skipped !== undefined) skip(`skipped: ${skipped}`);
    expect(failures).toEqual([]);
  },
);

test(
  'the copies above would notice files that are written in place',
  { timeout: 180_000 },
  async ({ skip }: TestContext) => {
    const { failures, skipped } = await rsyncCopies.run({ size: 10, seed: 1, without: 'whole-files' });
    if (skipped !== undefined) skip(`skipped: ${skipped}`);
    expect(failures.join('\n')).toMatch(/is torn|is no version of its document/);
  },
);

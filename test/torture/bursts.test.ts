import { expect, test } from 'vitest';
import { bursts } from './bursts.ts';

const SAVES = 200;

test(
  'of 200 saves by hand during bursts of PUT and PATCH on the same documents none is lost',
  { timeout: 120_000 },
  async () => {
    const { failures, figures, ran } = await bursts.run({ size: SAVES, seed: 1 });
    expect(failures).toEqual([]);
    expect(ran).toBe(SAVES);
    expect(figures['writes answered']).toBeGreaterThan(20);
  },
);

test('a save in the very moment of a swap comes out of it and is rescued', { timeout: 120_000 }, async () => {
  const { failures, figures } = await bursts.run({ size: SAVES, seed: 1, without: 'slow-swap' });
  expect(failures).toEqual([]);
  expect(figures['saves rescued']).toBeGreaterThan(0);
});

test(
  'the bursts above would notice a swap that does not bring out what it replaces',
  { timeout: 120_000 },
  async () => {
    const { failures } = await bursts.run({ size: SAVES, seed: 1, without: 'displaced', patienceMs: 8000 });
    expect(failures.join('\n')).toMatch(/the save \w+ of lod\/things\/d\d+ is in no history/);
  },
);

import { expect, test } from 'vitest';
import { bursts, burstsWithoutExchange } from './bursts.ts';

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
    const { failures } = await bursts.run({ size: SAVES, seed: 1, without: 'displaced', patienceMs: 5000 });
    expect(failures.join('\n')).toMatch(/the save \w+ of lod\/things\/d\d+ is in no history/);
  },
);

test('where files cannot be exchanged, hardly any save is lost', { timeout: 120_000 }, async () => {
  const { failures, ran } = await burstsWithoutExchange.run({ size: SAVES, seed: 1 });
  expect(failures).toEqual([]);
  expect(ran).toBe(SAVES);
});

test('the test above would notice a fallback that does not compare', { timeout: 180_000 }, async () => {
  const blind = { size: SAVES, without: 'comparison', patienceMs: 5000 } as const;
  // How many saves hit the moment is chance: what one burst does not show, the next does.
  for (let seed = 1; seed <= 4; seed++) {
    const { failures } = await burstsWithoutExchange.run({ ...blind, seed });
    if (failures.length > 0) return expect(failures[0]).toMatch(/^\d+ of 200 saves are lost$/);
  }
  expect.unreachable('no failure without the comparison');
});

import { expect, test } from 'vitest';
import { kill } from './kill.ts';

test(
  '20 times kill -9 under 8 writers and 2 editors lose nothing, tear nothing, repeat nothing',
  { timeout: 240_000 },
  async () => {
    const { ran, failures, figures } = await kill.run({ size: 20, seed: 1 });
    expect(failures).toEqual([]);
    expect(ran).toBe(20);
    expect(figures['writes acknowledged']).toBeGreaterThan(200);
  },
);

test.each([
  ['the log before the answer', 'log-before-answer', /was acknowledged as|that nobody made|was told as|did not start/],
  ['redo', 'redo', /that nobody made/],
] as const)('the kills above would notice a missing %s', { timeout: 480_000 }, async (_, without, complaint) => {
  // Where a kill hits is chance: what one handful does not hit, the next does.
  for (let seed = 1; seed <= 12; seed++) {
    const { failures } = await kill.run({ size: 4, seed, without, patienceMs: 1000 });
    if (failures.length > 0) return expect(failures.join('\n')).toMatch(complaint);
  }
  expect.unreachable(`no failure without ${without}`);
});

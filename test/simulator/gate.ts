/** What the checks run: the same seeds each time, a part of them a file, so that both cores have work. */
import { expect, test } from 'vitest';
import { describeFailure, GATE_SEEDS, runSeeds } from './run-seeds.ts';

const PARTS = 4;
/** A machine that is busy with other things takes its time. */
const LIMIT_MS = 10 * 60_000;

/** `SEED=n` runs this one alone, whatever the part. */
export function testSeeds(part: number): void {
  const one = process.env['SEED'];
  const from = one === undefined ? 1 + (part * GATE_SEEDS) / PARTS : Number(one);
  const count = one === undefined ? GATE_SEEDS / PARTS : 1;
  test(
    `nothing is lost, torn or told twice in ${count} simulated lives from seed ${from} on`,
    async () => {
      const failure = await runSeeds(from, count);
      expect(failure && describeFailure(failure)).toBeNull();
    },
    LIMIT_MS,
  );
}

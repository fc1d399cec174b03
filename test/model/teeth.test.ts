/** The runs beside this would notice a safeguard that is missing. */
import { expect, test } from 'vitest';
import { MISSING } from '../simulator/sabotages.ts';
import { runModels, type ModelOptions } from './run-models.ts';

const NOTICED: readonly (readonly [name: string, command: RegExp])[] = [
  ['the second look at an absence', /Counterexample: \[.*remove /],
  ['the mark of a broken file', /Counterexample: \[.*break .* for long/],
];
const PLACES: readonly ModelOptions['on'][] = ['simulated files', 'real files'];

test.each(NOTICED.flatMap(([name, command]) => PLACES.map((on) => ({ name, command, on }))))(
  'without $name a run on $on fails',
  { timeout: 120_000 },
  async ({ name, command, on }) => {
    const sabotage = MISSING.find((one) => one.name === name)?.sabotage;
    if (sabotage === undefined) throw new Error(`no ${name} to take out`);
    await expect(runModels({ runs: 15, steps: 40, seed: 1, on, sabotage })).rejects.toThrow(command);
  },
);

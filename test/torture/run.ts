/**
 * `npm run torture`: every harness at its full size, and the results into docs/reliability.md. `-- --only kill,tools` runs some,
 * which only prints; `--scale 0.1` takes a tenth of each size; `--minutes N` divides the time among them and stops each when its
 * share is over; `--seed N` repeats a run. The exit code is 1 when anything failed.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Harness, Outcome } from './harness.ts';
import { HARNESSES } from './harnesses.ts';
import { reportOf, writeReport, type Result } from './report.ts';

const REPORT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'reliability.md');

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const names = values.only?.split(',');
const unknown = names?.filter((name) => !HARNESSES.some((harness) => harness.name === name)) ?? [];
if (unknown.length > 0)
  throw new Error(`no harness ${unknown.join(', ')}; there are ${HARNESSES.map(({ name }) => name).join(', ')}`);
const chosen = HARNESSES.filter(({ name }) => names?.includes(name) ?? true);
const endMs = values.minutes === undefined ? undefined : performance.now() + Number(values.minutes) * 60_000;

const results: Result[] = [];
const report = (): string => reportOf(results, new Date().toISOString().slice(0, 10));
for (const [index, harness] of chosen.entries()) {
  results.push(await runOne(harness, chosen.length - index));
  // A run takes hours: what was found so far is written down, should it be broken off.
  if (names === undefined) writeReport(REPORT, report());
}
console.log(report());
process.exit(results.some(({ outcome }) => outcome.failures.length > 0) ? 1 : 0);

async function runOne(harness: Harness, left: number): Promise<Result> {
  const startedMs = performance.now();
  const size = Math.max(harness.least ?? 1, Math.round(harness.size * Number(values.scale)));
  const seed = Number(values.seed);
  const untilMs = endMs === undefined ? undefined : startedMs + (endMs - startedMs) / left;
  let saidMs = 0;
  const say = (text: string): void => {
    if (performance.now() - saidMs < 5000) return;
    saidMs = performance.now();
    console.error(`${harness.name}: ${text}`);
  };
  console.error(`${harness.name}: ${size} ${harness.unit}, seed ${seed}`);
  const outcome = await harness
    .run({ size, seed, say, ...(untilMs !== undefined && { untilMs }) })
    .catch((error: unknown): Outcome => ({ ran: 0, figures: {}, failures: [String(error)] }));
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.error(`${harness.name}: ${outcome.skipped ?? `${outcome.failures.length} failures`} after ${seconds} s`);
  return { harness, seed, seconds, outcome };
}

/**
 * `npm run torture`: every harness at its full size, and the results into docs/reliability.md. `-- --only kill,tools` runs some,
 * which only prints; `--scale 0.1` takes a tenth of each size; `--minutes N` shares the time among them (shares.ts) and stops each
 * when its share is over; `--seed N` repeats a run. The exit code is 1 when anything failed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Harness, Outcome } from './harness.ts';
import { HARNESSES } from './harnesses.ts';
import { reportOf, writeReport, type Result } from './report.ts';
import { shareMs } from './shares.ts';

const REPORT = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
const SAID_EVERY_MS = 5000;
/** Beyond its time a harness may finish the unit it is at, and compare; one that takes much longer hangs. */
const GRACE_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [scale, seed] = [Number(values.scale), Number(values.seed)];
const names = values.only?.split(',');
const unknown = names?.filter((name) => !HARNESSES.some((harness) => harness.name === name)) ?? [];
if (unknown.length > 0)
  throw new Error(`no harness ${unknown.join(', ')}; there are ${HARNESSES.map(({ name }) => name).join(', ')}`);
const chosen = HARNESSES.filter(({ name }) => names?.includes(name) ?? true);
const endMs = values.minutes === undefined ? undefined : performance.now() + Number(values.minutes) * 60_000;

/** What nobody waited for and went wrong counts against whoever runs. */
const strays: string[] = [];
process.on('unhandledRejection', (reason) => void strays.push(`a rejection that nobody awaited: ${String(reason)}`));

const results: Result[] = [];
const report = (): string => reportOf(results, new Date().toISOString().slice(0, 10));
for (const [index, harness] of chosen.entries()) {
  results.push(await runOne(harness, chosen.slice(index)));
  // A run takes hours: what was found so far is written down, should it be broken off.
  if (names === undefined) writeReport(REPORT, report());
}
console.log(report());
process.exit(results.some(({ outcome }) => outcome.failures.length > 0) ? 1 : 0);

/** Also the smallest size takes its time: a daemon starts, and everything is compared at the end. */
function needMs({ minutes }: Harness): number {
  return Math.max(1, minutes * scale) * 60_000;
}

async function runOne(harness: Harness, left: readonly Harness[]): Promise<Result> {
  const startedMs = performance.now();
  const size = Math.max(harness.least ?? 1, Math.round(harness.size * scale));
  const share = endMs === undefined ? undefined : shareMs(endMs - startedMs, left.map(needMs));
  const limit = share === undefined ? '' : `, for ${(share / 60_000).toFixed(1)} min at most`;
  console.error(`${harness.name}: ${size} ${harness.unit}, seed ${seed}${limit}`);
  const run = { size, seed, say: saying(harness), ...(share !== undefined && { untilMs: startedMs + share }) };
  const outcome = await Promise.race([
    harness.run(run).catch((error: unknown) => failed(String(error))),
    hanging((share ?? needMs(harness) * 4) + GRACE_MS),
  ]);
  const failures = [...outcome.failures, ...strays.splice(0)];
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.error(`${harness.name}: ${outcome.skipped ?? `${failures.length} failures`} after ${seconds} s`);
  return { harness, seed, seconds, outcome: { ...outcome, failures } };
}

function failed(failure: string): Outcome {
  return { ran: 0, figures: {}, failures: [failure] };
}

function hanging(limitMs: number): Promise<Outcome> {
  const text = `did not end within ${Math.round(limitMs / 60_000)} min`;
  return new Promise((resolve) => void setTimeout(() => resolve(failed(text)), limitMs).unref());
}

function saying({ name }: Harness): (text: string) => void {
  let saidMs = 0;
  return (text) => {
    if (performance.now() - saidMs < SAID_EVERY_MS) return;
    saidMs = performance.now();
    console.error(`${name}: ${text}`);
  };
}

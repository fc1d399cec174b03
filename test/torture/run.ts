/**
 * `npm run torture`: every harness at its full size, and the results into docs/reliability.md. `-- --only kill,tools` runs some,
 * which only prints; `--scale 0.1` takes a tenth of each size; `--minutes N` shares the time among them (shares.ts) and stops each
 * when its share is over, and ends within two minutes more; `--seed N` repeats a run. The exit code is 1 when anything failed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runApart } from './apart.ts';
import type { Harness } from './harness.ts';
import { HARNESSES } from './harnesses.ts';
import { reportOf, writeReport, type Result } from './report.ts';
import { shareMs } from './shares.ts';

const REPORT = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
/** Beyond its share a harness may finish the unit it is at, and compare; one that takes longer hangs. */
const GRACE_MS = 3 * 60_000;
/** Of all of them together. */
const WHOLE_GRACE_MS = 110_000;
/** Each runs at least its smallest size, although those before it took longer than their shares. */
const LEAST_SHARE_MS = 5000;

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
for (const [name, number] of Object.entries({ scale, seed, minutes: Number(values.minutes ?? 1) }))
  if (!(number >= 0)) throw new Error(`--${name} takes a number`);
const endMs = values.minutes === undefined ? undefined : performance.now() + Number(values.minutes) * 60_000;

const results: Result[] = [];
const limits = values.minutes === undefined ? '' : ` of ${values.minutes} min`;
const report = (): string =>
  reportOf(results, `Run${limits} of ${new Date().toISOString().slice(0, 10)}, seed ${seed}`);
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
  const { name, unit } = harness;
  const size = Math.max(harness.least ?? 1, Math.round(harness.size * scale));
  const share = endMs === undefined ? undefined : shareOf(endMs - startedMs, left);
  const limit = share === undefined ? '' : `, for ${(share / 60_000).toFixed(1)} min at most`;
  console.error(`${name}: ${size} ${unit}, seed ${seed}${limit}`);
  const outcome = await runApart({ name, size, seed, shareMs: share, limitMs: limitOf(harness, share, startedMs) });
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.error(`${name}: ${outcome.skipped ?? `${outcome.failures.length} failures`} after ${seconds} s`);
  return { harness, seed, seconds, outcome };
}

function shareOf(leftMs: number, left: readonly Harness[]): number {
  return Math.max(LEAST_SHARE_MS, shareMs(leftMs, left.map(needMs)));
}

/** When it is ended, whatever it does. */
function limitOf(harness: Harness, share: number | undefined, startedMs: number): number {
  if (endMs === undefined || share === undefined) return needMs(harness) * 4 + GRACE_MS;
  return Math.max(LEAST_SHARE_MS, Math.min(share + GRACE_MS, endMs + WHOLE_GRACE_MS - startedMs));
}

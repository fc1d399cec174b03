/** The results of a run as the generated part of docs/reliability.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Harness, Outcome } from './harness.ts';

export interface Result {
  readonly harness: Harness;
  readonly seed: number;
  readonly seconds: number;
  readonly outcome: Outcome;
}

const BEGIN = '<!-- torture: begin, written by `npm run torture` -->';
const END = '<!-- torture: end -->';

/** `run`: which run, of which day. */
export function reportOf(results: readonly Result[], run: string): string {
  const machine = `Node.js ${process.version}, Linux ${release()}, ${cpus().length} cores`;
  return [
    BEGIN,
    '',
    `${run}, ${machine}. "Ran" is told beside what a run without limits does; \`--scale\` and \`--minutes\` make it shorter.`,
    '',
    '| Harness | What | Ran | Took | Figures | Failures |',
    '|---|---|---|---|---|---|',
    ...results.map(rowOf),
    '',
    ...results.flatMap(failuresOf),
    END,
  ].join('\n');
}

function rowOf({ harness, seconds, outcome }: Result): string {
  const { ran, of = harness.size, figures, failures, skipped } = outcome;
  const told = Object.entries(figures).map(([name, figure]) => `${name}: ${String(figure)}`);
  const held = ran === 0 && failures.length === 0 ? 'not run' : String(failures.length);
  const verdict = skipped === undefined ? held : `skipped: ${skipped}`;
  const done = `${spell(ran)} of ${spell(of)} ${harness.unit}`;
  const cells = [harness.name, harness.what, done, took(seconds), told.join(', '), verdict];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const spell = (count: number): string => count.toLocaleString('en');

const took = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

const failuresOf = ({ harness, seed, outcome }: Result): string[] =>
  outcome.failures.length === 0
    ? []
    : [
        `**${harness.name}** failed (seed ${seed}):`,
        '',
        '```',
        ...outcome.failures.map((one) => one.slice(0, 500)),
        '```',
        '',
      ];

/** Puts the report in the place of the last one. */
export function writeReport(file: string, report: string): void {
  const text = readFileSync(file, 'utf8');
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < 0) throw new Error(`${file} has no place for the report`);
  writeFileSync(file, text.slice(0, start) + report + text.slice(end + END.length));
}

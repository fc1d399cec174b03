/** Harnesses that live beside what they try, as test files: the torture runs them again and again, with new randomness. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOver, skipped, type Harness, type Outcome, type Run } from './harness.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

interface Suite {
  readonly name: string;
  readonly what: string;
  /** A file or folder of tests. */
  readonly tests: string;
  readonly rounds: number;
  readonly minutes: number;
}

const SUITES: readonly Suite[] = [
  {
    name: 'nth-failure',
    what: 'every call of every kind of write fails once, for ever, by a full disk, by a short write, by the death of the process: done or not done, and told so',
    tests: 'test/refusals/nth-failure.test.ts',
    rounds: 3,
    minutes: 3,
  },
  {
    name: 'event-log',
    what: 'random lives of the event log with failures and power cuts at any call',
    tests: 'test/events/crash.test.ts',
    rounds: 100,
    minutes: 4,
  },
];

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function run({ tests }: Suite, options: Run): Promise<Outcome> {
  if (!existsSync(join(checkout, tests))) return skipped(`no ${tests} in this checkout`);
  const failures: string[] = [];
  let [ran, passed] = [0, 0];
  while (ran < options.size && (ran === 0 || !isOver(options)) && failures.length === 0) {
    const report = await oneRound(tests);
    if (report === null) failures.push(`${tests} ended without a report`);
    else failures.push(...failedIn(report));
    passed += report?.numPassedTests ?? 0;
    ran += 1;
    options.say?.(`${ran} rounds`);
  }
  return { ran, figures: { 'tests passed': passed }, failures };
}

const failedIn = ({ testResults }: Report): string[] =>
  testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join('\n'));

function oneRound(tests: string): Promise<Report | null> {
  const place = mkdtempSync(join(tmpdir(), 'larder-suite-'));
  const file = join(place, 'report.json');
  const words = [join('node_modules', '.bin', 'vitest'), 'run', tests, '--reporter=json', `--outputFile=${file}`];
  const child = spawn(words[0] ?? '', words.slice(1), { cwd: checkout, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      resolve(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null);
      rmSync(place, { recursive: true });
    });
  });
}

export const suites: readonly Harness[] = SUITES.map((suite) => ({
  name: suite.name,
  what: suite.what,
  unit: 'rounds',
  size: suite.rounds,
  minutes: suite.minutes,
  run: (options) => run(suite, options),
}));

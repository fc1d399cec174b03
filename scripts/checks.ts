/**
 * Every check of the project, a line each, cheap ones first. The last line is `N passed, N failed`: steps and tests counted.
 * Names as arguments run only those steps: scripts/test format lint.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPrograms } from './test-programs.ts';

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
  readonly remark?: string;
}

interface Step {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const bin = (name: string): string => join('node_modules', '.bin', name);

/** Ends by itself whatever happens in the tests: a check that never ends says nothing. */
const LIMIT_MS = 12 * 60_000;

function run(program: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      timeout: LIMIT_MS,
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const command = (name: string, program: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, output } = await run(bin(program), args);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output };
  },
});

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** A test that only tells why it cannot run here is neither passed nor failed, but must not pass unseen. */
const skippedIn = (report: TestReport): string[] =>
  report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo')
    .map(({ fullName }) => fullName);

async function tests(): Promise<Outcome> {
  const file = join(tmpdir(), `larder-tests-${process.pid}.json`);
  const { code, output } = await run(bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = readReport(file);
  if (report === null) return { passed: 0, failed: 1, output };
  const skipped = skippedIn(report);
  // A file that cannot be loaded, or an error outside of any test, has no test that failed.
  const failed = Math.max(report.numFailedTests, code === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, output, remark: remarkOn(report, skipped) };
}

function remarkOn(report: TestReport, skipped: readonly string[]): string {
  const lines = skipped.map((name) => `\n     skipped: ${name}`);
  return `${report.numPassedTests} tests${lines.join('')}`;
}

function readReport(file: string): TestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return null;
  } finally {
    rmSync(file, { force: true });
  }
}

const STEPS: readonly Step[] = [
  command('format', 'oxfmt', '--check'),
  command('lint', 'oxlint', '--type-aware', '--deny-warnings'),
  command('types', 'tsc', '-p', '.'),
  command('dead code', 'knip', '--no-progress'),
  { name: 'tests', run: tests },
];

async function runStep({ name, run: start }: Step): Promise<Outcome> {
  const startedMs = performance.now();
  const outcome = await start();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const mark = outcome.failed === 0 ? 'PASS' : 'FAIL';
  console.log(`${mark} ${name} ${seconds}s${outcome.remark === undefined ? '' : ` ${outcome.remark}`}`);
  if (outcome.failed > 0) console.log(outcome.output.trimEnd());
  return outcome;
}

async function main(names: readonly string[]): Promise<void> {
  installPrograms();
  const steps = names.length === 0 ? STEPS : STEPS.filter(({ name }) => names.includes(name));
  const outcomes: Outcome[] = [];
  for (const step of steps) outcomes.push(await runStep(step));
  const sum = (key: 'passed' | 'failed'): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 && outcomes.length > 0 ? 0 : 1;
}

await main(process.argv.slice(2));

/**
 * `npm run bench`: every figure is a ratio against a bare limit or a peer, measured in alternating rounds of one run. Writes
 * docs/benchmarks.md and prints the same as JSON. `--documents N` changes the size, `--rounds N` the rounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure, Setting } from './figures.ts';
import { scenarios } from './scenarios.ts';
import { makeTree } from './tree.ts';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const place = mkdtempSync(join(tmpdir(), 'larder-bench-'));
const setting: Setting = {
  tree: join(place, 'tree'),
  place,
  documents: Number(values.documents),
  rounds: Number(values.rounds),
  daemon: join(root, 'src', 'cli.ts'),
};

/** What else the machine had to do: figures of a busy one say little. */
const [loadBefore = 0] = loadavg();

try {
  makeTree(setting.tree, { documents: setting.documents, perCollection: 1000 });
  const figures: Figure[] = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    figures.push(...(await scenario(setting)));
  }
  const report = {
    date: new Date().toISOString(),
    node: process.version,
    cores: cpus().length,
    loadBefore,
    documents: setting.documents,
    rounds: setting.rounds,
    figures,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const table = tableOf(report.date, figures);
  process.stdout.write(`\n${table}`);
  if (values.only === undefined) writeFileSync(join(root, 'docs', 'benchmarks.md'), table);
} finally {
  rmSync(place, { recursive: true, force: true });
}

function heldOf({ holds }: Figure): string {
  if (holds === null) return '';
  return holds ? 'yes' : 'no';
}

function tableOf(date: string, figures: readonly Figure[]): string {
  const rows = figures.map(
    (figure) =>
      `| ${figure.what} | ${figure.larder} | ${figure.against} | ${figure.ratio} | ${figure.bound} | ${heldOf(figure)} |`,
  );
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench\` on ${date}, Node.js ${process.version}, ${cpus().length} cores (load average ${loadBefore.toFixed(1)} before it began), ${setting.documents} documents of about 1 KB, medians of ${setting.rounds} alternating ${setting.rounds === 1 ? 'round' : 'rounds'}. Absolute times belong to that machine; the ratios are what counts.`,
    '',
    '| what | Larder | against | ratio | bound | holds |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

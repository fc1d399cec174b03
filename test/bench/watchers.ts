/**
 * `npm run bench:watchers`: what each watcher costs and loses before the rescan, at three sizes of the tree. Writes docs/watchers.md.
 * Takes some minutes. `--sizes 1000,10000` measures others, and writes nothing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pageOf, type SizeReport, type Watched } from './watch-report.ts';

const { values } = parseArgs({ options: { sizes: { type: 'string' } } });
const sizes = (values.sizes ?? '1000,10000,100000').split(',').map(Number);
const PER_DIRECTORY = 100;

/** Contents do not matter to a watcher. */
function makeTree(root: string, files: number): void {
  for (let index = 0; index < files; index++) {
    const directory = join(root, 'bench', `c${String(Math.floor(index / PER_DIRECTORY)).padStart(4, '0')}`);
    if (index % PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `d${String(index).padStart(7, '0')}.json`), '{"value": 1}\n');
  }
}

function walkMs(root: string): number {
  const started = performance.now();
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) lstatSync(join(root, path));
  return performance.now() - started;
}

/** Each on a copy of its own: the changes stay in it. */
function watched(kind: string, tree: string, place: string): Watched {
  const copy = join(place, kind);
  cpSync(tree, copy, { recursive: true });
  const program = join(import.meta.dirname, 'watched.ts');
  const printed = execFileSync(process.execPath, ['--expose-gc', program, kind, copy], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  rmSync(copy, { recursive: true });
  return JSON.parse(printed) as Watched;
}

function measure(files: number): SizeReport {
  const place = mkdtempSync(join(tmpdir(), 'larder-watchers-'));
  try {
    const tree = join(place, 'tree');
    makeTree(tree, files);
    process.stderr.write(`${files} files …\n`);
    return {
      files,
      directories: files / PER_DIRECTORY,
      walkMs: walkMs(tree),
      chokidar: watched('chokidar', tree, place),
      byDirectory: watched('directories', tree, place),
    };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const page = pageOf(
  sizes.map((files) => measure(files)),
  { date: new Date().toISOString(), cores: cpus().length },
);
process.stdout.write(page);
if (values.sizes === undefined) writeFileSync(join(import.meta.dirname, '../../docs/watchers.md'), page);

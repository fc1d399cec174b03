/**
 * Files in `.larder/tmp` that hold forgotten bytes. A swap brings a file out under the name of the version that replaced it, so
 * only the content tells; and what a program has open for writing is not taken from it, but named.
 */
import { digestOf, type Digest } from '../../core/digest.ts';
import { statKeyOf } from '../../core/stat-key.ts';
import { fitnessOf, type Fitness } from '../../files/leaving.ts';
import type { FileStat } from '../../host/ports.ts';
import { readFile } from '../../host/read-file.ts';
import type { ForgetReport, History } from './types.ts';

export type Left = ForgetReport['left'][number];

/** A younger file may be a write on its way. */
const OURS_FROM_MS = 60_000;

/** Sizes by digest: no other file has to be read. */
export type Sizes = ReadonlyMap<Digest, number>;

/**
 * Removes those that may go, and answers those that may not; a dry run answers what is open. Gives the event loop to nobody.
 * Called once what displaced.ts looks after is gone, but for what is kept open.
 */
export function removeLeft(history: History, sizes: Sizes, dryRun: boolean): Left[] {
  const likely = new Set(sizes.values());
  const left: Left[] = [];
  for (const { name, kind } of history.fs.readDirectory(history.tmp)) {
    if (name === null || kind !== 'file') continue;
    const file = `${history.tmp}/${name}`;
    const stat = history.fs.lstat(file);
    if (!stat || !likely.has(stat.size) || !mayHold(history, file, sizes)) continue;
    const fate = dryRun ? fitness(history, file, stat) : remove(history, file, stat);
    if (fate === 'open' || (fate === 'stays' && !dryRun))
      left.push({ file: `.larder/tmp/${name}`, open: fate === 'open' });
  }
  return left;
}

/** What cannot be read is not said to be gone. */
function mayHold({ fs }: History, file: string, sizes: Sizes): boolean {
  try {
    return sizes.has(digestOf(readFile(fs, file)));
  } catch {
    return fs.lstat(file) !== undefined;
  }
}

type Fate = Fitness | 'stays';

function remove(history: History, file: string, stat: FileStat): Fate {
  const found = fitness(history, file, stat);
  if (found !== 'fits') return found === 'changed' ? 'stays' : found;
  if (history.clock.nowMs() - Number(stat.mtimeNs / 1_000_000n) <= OURS_FROM_MS) return 'stays';
  try {
    history.fs.unlink(file);
    return 'gone';
  } catch {
    return 'stays';
  }
}

/** `changed`: saved into since it was read. */
const fitness = ({ fs }: History, file: string, stat: FileStat): Fitness =>
  fitnessOf(fs, { file, key: statKeyOf(stat) });

/**
 * Gathers hints until it is worth looking: each name when it has been quiet for a moment, at the latest after a second; too
 * many names of a directory become one look at the directory, too many directories one rescan (Syncthing's watchaggregator).
 */
import type { Clock, Timer } from '../../host/ports.ts';
import type { Hint } from '../types.ts';

export interface Due {
  /** Paths of names to look at, below the root. */
  readonly paths: readonly string[];
  /** Directories to list and compare, with all below them. */
  readonly directories: readonly string[];
  /** So much happened that only a full rescan is cheaper. */
  readonly everything: boolean;
}

export interface HintCollector {
  hint(hint: Hint): void;
  close(): void;
}

export interface HintOptions {
  readonly clock: Clock;
  readonly onDue: (due: Due) => void;
  /** So many came in one go that the kernel may have dropped others: it keeps 16,384, and says nothing. */
  readonly onBurst: () => void;
}

const QUIET_MS = 80;
const LATEST_MS = 1000;
const MOST_NAMES = 128;
const MOST_DIRECTORIES = 512;
const TICK_MS = 20;
/** Half of what the kernel keeps. Of hints that are taken as they come, 400,000 a second would be needed for it. */
const BURST = 8192;

interface Waiting {
  readonly firstMs: number;
  lastMs: number;
}

interface Names {
  readonly byName: Map<string, Waiting>;
  /** Set once the directory as a whole is due. */
  whole: Waiting | null;
}

export function collectHints({ clock, onDue, onBurst }: HintOptions): HintCollector {
  const byDirectory = new Map<string, Names>();
  let everything: Waiting | null = null;
  let timer: Timer | null = null;
  let closed = false;
  let sinceTick = 0;

  const arm = (): void => {
    if (!timer && !closed) timer = clock.after(TICK_MS, tick);
  };

  const tick = (): void => {
    timer = null;
    if (sinceTick >= BURST) onBurst();
    sinceTick = 0;
    const due = takeDue(byDirectory, everything, clock.monotonicMs());
    if (due.everything) everything = null;
    if (byDirectory.size > 0 || everything) arm();
    if (due.everything || due.paths.length > 0 || due.directories.length > 0) onDue(due);
  };

  return {
    hint({ directory, name }) {
      const nowMs = clock.monotonicMs();
      sinceTick++;
      if (everything) everything.lastMs = nowMs;
      else if (byDirectory.size >= MOST_DIRECTORIES && !byDirectory.has(directory))
        everything = { firstMs: nowMs, lastMs: nowMs };
      else remember(byDirectory, directory, name, nowMs);
      if (everything) byDirectory.clear();
      arm();
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

function remember(byDirectory: Map<string, Names>, directory: string, name: string | null, nowMs: number): void {
  const names = byDirectory.get(directory) ?? { byName: new Map<string, Waiting>(), whole: null };
  byDirectory.set(directory, names);
  if (names.whole) names.whole.lastMs = nowMs;
  else if (name === null || names.byName.size >= MOST_NAMES) makeWhole(names, nowMs);
  else touch(names.byName, name, nowMs);
}

function touch(byName: Map<string, Waiting>, name: string, nowMs: number): void {
  const waiting = byName.get(name);
  if (waiting) waiting.lastMs = nowMs;
  else byName.set(name, { firstMs: nowMs, lastMs: nowMs });
}

/** The directory takes over the oldest wait of its names, so that a constant stream of changes delays nothing for ever. */
function makeWhole(names: Names, nowMs: number): void {
  const firstMs = Math.min(nowMs, ...[...names.byName.values()].map((waiting) => waiting.firstMs));
  names.whole = { firstMs, lastMs: nowMs };
  names.byName.clear();
}

const isDue = ({ firstMs, lastMs }: Waiting, nowMs: number): boolean =>
  nowMs - lastMs >= QUIET_MS || nowMs - firstMs >= LATEST_MS;

function takeDue(byDirectory: Map<string, Names>, everything: Waiting | null, nowMs: number): Due {
  if (everything) return { paths: [], directories: [], everything: isDue(everything, nowMs) };
  const paths: string[] = [];
  const directories: string[] = [];
  for (const [directory, names] of byDirectory) {
    if (names.whole && isDue(names.whole, nowMs)) {
      directories.push(directory);
      byDirectory.delete(directory);
      continue;
    }
    for (const [name, waiting] of names.byName) {
      if (!isDue(waiting, nowMs)) continue;
      paths.push(directory === '' ? name : `${directory}/${name}`);
      names.byName.delete(name);
    }
    if (names.byName.size === 0 && !names.whole) byDirectory.delete(directory);
  }
  return { paths, directories, everything: false };
}

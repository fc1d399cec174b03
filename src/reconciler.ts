/**
 * The heart: makes the log agree with the files, and the followers with the log. Everything that moves it is a reason to look
 * somewhere: hints of the watcher, the rescan every minute, what waits for a second look, reads and writes.
 */
import { isKernelError } from './host/durable-files.ts';
import type { Timer } from './host/ports.ts';
import { collectHints, type HintCollector } from './files/watcher/hints.ts';
import type { Due } from './files/watcher/hints.ts';
import { watchStalls, type StallWatch } from './files/watcher/stall.ts';
import type { Hint, Watcher } from './files/types.ts';
import { releaseHolds } from './reconciler/absences.ts';
import { isStreamOrGrown } from './reconciler/growing-streams.ts';
import { absolute } from './reconciler/places.ts';
import { Findings } from './reconciler/findings.ts';
import { rescan, walk, type RescanOptions } from './reconciler/rescan.ts';
import type { World } from './reconciler/world.ts';

/** Every minute a tree of 100,000 files costs half a second of one core. */
const RESCAN_EVERY_MS = 60_000;
/** After lost hints not at once, because losses come in showers. */
const RESCAN_SOON_MS = 250;

export class Reconciler implements AsyncDisposable {
  readonly #world: World;
  readonly #hints: HintCollector;
  readonly #stalls: StallWatch;
  #watcher: Watcher | null = null;
  #rescanTimer: Timer | null = null;
  #rescanning: Promise<void> | null = null;
  #rescanAsked = false;
  #wasScanned = false;
  #troubles: string[] = [];
  #ignored = 0;
  #closed = false;
  readonly #running = new Set<Promise<void>>();

  constructor(world: World) {
    this.#world = world;
    this.#hints = collectHints({
      clock: world.clock,
      onDue: (due) => this.#background(() => this.#lookAtDue(due)),
      onBurst: () => this.rescanSoon('a burst of changes'),
    });
    this.#stalls = watchStalls({ clock: world.clock, onStall: () => this.rescanSoon('the event loop was blocked') });
  }

  get watcher(): Watcher | null {
    return this.#watcher;
  }

  /** Files among the documents that are no JSON, as of the last look at the whole tree. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Why hints may have been lost since the last full rescan. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** Of our own writes the kernel tells as well: each would be looked at, and many become listings of whole directories. */
  hint(hint: Hint): void {
    if (!this.#isOfOurs(hint)) this.#hints.hint(hint);
  }

  #isOfOurs({ directory, name }: Hint): boolean {
    if (name === null) return false;
    const path = directory === '' ? name : `${directory}/${name}`;
    const { placements, fs } = this.#world;
    return placements.postpones(path) || placements.explains(fs, path, absolute(this.#world, path));
  }

  /** Watches first and scans after, so that nothing falls between. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher;
  }

  rescanSoon(reason: string): void {
    if (this.#closed) return;
    this.#troubles.push(reason);
    this.#world.log.warn({ reason }, 'hints may have been lost: looking at the whole tree');
    this.#armRescan(RESCAN_SOON_MS);
  }

  /** Looks again at paths, soon and in the background. */
  lookAgain(paths: readonly string[]): void {
    if (paths.length > 0) this.#background(() => this.#settleAll(paths));
  }

  /** A full rescan; calls during one wait for the one after it, because that one sees everything from now on. */
  async rescan(options: RescanOptions = {}): Promise<void> {
    while (this.#rescanning) await this.#rescanning;
    this.#rescanning = this.#rescanNow(options).finally(() => {
      this.#rescanning = null;
    });
    return this.#rescanning;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#rescanTimer?.cancel();
    this.#hints.close();
    this.#stalls.close();
    await this.#watcher?.[Symbol.asyncDispose]();
    await Promise.allSettled([...this.#running, this.#rescanning]);
  }

  async #rescanNow(options: RescanOptions): Promise<void> {
    this.#rescanAsked = false;
    this.#troubles = [];
    try {
      // Watched first and scanned after; what start-up has just watched it need not compare.
      if (this.#wasScanned) await this.#watcher?.rearm();
      this.#wasScanned = true;
      const { ignored } = await rescan(this.#world, options);
      if (options.subtree === undefined) this.#ignored = ignored;
      await releaseHolds(this.#world);
    } finally {
      this.#armRescan(RESCAN_EVERY_MS);
    }
  }

  #armRescan(inMs: number): void {
    if (this.#closed || (this.#rescanAsked && inMs > RESCAN_SOON_MS)) return;
    this.#rescanAsked = inMs <= RESCAN_SOON_MS;
    this.#rescanTimer?.cancel();
    this.#rescanTimer = this.#world.clock.after(inMs, () => this.#background(() => this.rescan()));
  }

  /** What fell due together is one look, and what it finds one change set. */
  async #lookAtDue(due: Due): Promise<void> {
    if (due.everything) return this.rescan();
    const findings = new Findings(this.#world);
    const places = new Set([...due.directories, ...due.paths.filter((path) => this.#isDirectory(path))]);
    await walkAll(this.#world, [...places], findings);
    const { streams } = this.#world;
    const mayHaveGrown = (path: string): boolean => isStreamOrGrown(this.#world, path);
    for (const path of due.paths)
      if (!places.has(path) && !streams.postpones(path, mayHaveGrown)) await findings.add(path);
    await findings.finish();
    await releaseHolds(this.#world);
  }

  /** A directory now, or one that is known to have held something. What cannot be looked at is no reason to miss the rest: a look says why. */
  #isDirectory(path: string): boolean {
    try {
      const stat = this.#world.fs.lstat(absolute(this.#world, path));
      if (stat?.kind === 'directory') return true;
      return stat === undefined && this.#world.catalog.directoriesBelow(path).length > 0;
    } catch (error) {
      if (!isKernelError(error)) throw error;
      return false;
    }
  }

  async #settleAll(paths: readonly string[]): Promise<void> {
    const findings = new Findings(this.#world);
    for (const path of paths) await findings.add(path);
    await findings.finish();
    await releaseHolds(this.#world);
  }

  /** Failures of background work are logged once; the next rescan tries again. */
  #background(work: () => Promise<void>): void {
    if (this.#closed) return;
    const run = work()
      .catch((error: unknown) => this.#world.log.error({ err: error }, 'a look failed; the next rescan tries again'))
      .finally(() => void this.#running.delete(run));
    this.#running.add(run);
  }
}

/** An absence met in one place may turn up as a move in the next. */
async function walkAll(world: World, places: readonly string[], findings: Findings): Promise<void> {
  world.absences.walks++;
  try {
    for (const subtree of places) await walk(world, { subtree }, findings);
  } finally {
    world.absences.walks--;
  }
}

/**
 * Files that we put in place ourselves a moment ago. The kernel tells of that as of any change; as long as such a file is as it was
 * left, there is nothing to look at.
 *
 * What proves it is the time of its bytes. They were written before the swap, and the swap moved the change time on: whoever
 * writes to the file later moves the time of its bytes at least to there, within the same tick of the clock too. Where both
 * times are the same (a coarse clock), nothing is proven, and the file is looked at like any other.
 */
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import type { Temp } from '../files/temp.ts';
import type { Clock, FileStat, FileSystem } from '../host/ports.ts';

/** Hints come within milliseconds; what is forgotten is looked at. */
const MOST_REMEMBERED = 5000;
/** So long the bytes of a file are those that were written: the kernel still has them, and no disk has been asked for them. */
const FRESH_MS = 5000;

interface Placement {
  readonly key: StatKey;
  readonly atMs: number;
}

const isAsPlaced = (now: FileStat, { stat }: Temp): boolean =>
  now.ino === stat.ino &&
  now.birthtimeNs === stat.birthtimeNs &&
  now.size === stat.size &&
  now.mtimeNs === stat.mtimeNs &&
  now.mtimeNs < now.ctimeNs;

export class Placements {
  /** The newer and the older half. */
  #placed = new Map<string, Placement>();
  #before = new Map<string, Placement>();
  /** Whether something was told of it. */
  readonly #underWay = new Map<string, boolean>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /**
   * A path (below the root), what was placed there (null: something else has to be found out), and its file as it was seen
   * behind that.
   */
  note(path: string, placed: Temp | null, now: FileStat | undefined): void {
    this.#before.delete(path);
    this.#placed.delete(path);
    if (!placed || !now || !isAsPlaced(now, placed)) return;
    if (this.#placed.size >= MOST_REMEMBERED) [this.#before, this.#placed] = [this.#placed, new Map()];
    this.#placed.set(path, { key: statKeyOf(now), atMs: this.#clock.monotonicMs() });
  }

  /** These are being placed by somebody else: what is told of them meanwhile is judged when they are noted. */
  begin(paths: readonly string[]): void {
    for (const path of paths) this.#underWay.set(path, false);
  }

  /** Whether it has to wait until then. */
  postpones(path: string): boolean {
    if (!this.#underWay.has(path)) return false;
    this.#underWay.set(path, true);
    return true;
  }

  /** They are noted, or not placed: those of which something was told meanwhile. */
  end(paths: readonly string[]): string[] {
    const told = paths.filter((path) => this.#underWay.get(path) === true);
    for (const path of paths) this.#underWay.delete(path);
    return told;
  }

  /** Of the file as it was placed; undefined where that is not proven. */
  keyOf(path: string): StatKey | undefined {
    return this.#of(path)?.key;
  }

  /** The same while its bytes need not be hashed to be known. Nobody wrote to it; a disk may still change bytes by itself, later. */
  freshKeyOf(path: string): StatKey | undefined {
    const placement = this.#of(path);
    return placement && this.#clock.monotonicMs() - placement.atMs < FRESH_MS ? placement.key : undefined;
  }

  #of(path: string): Placement | undefined {
    return this.#placed.get(path) ?? this.#before.get(path);
  }

  /** Whether all that happened to a path is that we placed its file. */
  explains(fs: Pick<FileSystem, 'lstat'>, path: string, file: string): boolean {
    const key = this.keyOf(path);
    const now = key === undefined ? undefined : statOf(fs, file);
    return now !== undefined && statKeyOf(now) === key;
  }
}

/** What the disk does not say is not known. */
export function statOf(fs: Pick<FileSystem, 'lstat'>, file: string): FileStat | undefined {
  try {
    return fs.lstat(file);
  } catch {
    return undefined;
  }
}

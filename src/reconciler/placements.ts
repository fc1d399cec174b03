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
import type { FileStat, FileSystem } from '../host/ports.ts';

/** Hints come within milliseconds; what is forgotten is looked at. */
const MOST_REMEMBERED = 5000;

const isAsPlaced = (now: FileStat, { stat }: Temp): boolean =>
  now.ino === stat.ino &&
  now.birthtimeNs === stat.birthtimeNs &&
  now.size === stat.size &&
  now.mtimeNs === stat.mtimeNs &&
  now.mtimeNs < now.ctimeNs;

export class Placements {
  /** The newer and the older half. */
  #keys = new Map<string, StatKey>();
  #before = new Map<string, StatKey>();

  /** A path (below the root), the absolute path of its file, and what was placed there; null: something else has to be found out. */
  note(fs: Pick<FileSystem, 'lstat'>, path: string, file: string, placed: Temp | null): void {
    this.#before.delete(path);
    this.#keys.delete(path);
    const now = placed && statOf(fs, file);
    if (!placed || !now || !isAsPlaced(now, placed)) return;
    if (this.#keys.size >= MOST_REMEMBERED) [this.#before, this.#keys] = [this.#keys, new Map()];
    this.#keys.set(path, statKeyOf(now));
  }

  /** Of the file as it was placed; undefined where that is not proven. */
  keyOf(path: string): StatKey | undefined {
    return this.#keys.get(path) ?? this.#before.get(path);
  }

  /** Whether all that happened to a path is that we placed its file. */
  explains(fs: Pick<FileSystem, 'lstat'>, path: string, file: string): boolean {
    const key = this.keyOf(path);
    const now = key === undefined ? undefined : statOf(fs, file);
    return now !== undefined && statKeyOf(now) === key;
  }
}

function statOf(fs: Pick<FileSystem, 'lstat'>, file: string): FileStat | undefined {
  try {
    return fs.lstat(file);
  } catch {
    return undefined;
  }
}

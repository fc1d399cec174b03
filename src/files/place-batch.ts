/**
 * The names of new files of a bulk, given in a worker: a rename into a directory of many files that is watched costs 30 µs, in which the
 * caller's thread can judge what comes next. Only what is simple is done here: whatever is in the way is left to `place` (swap.ts).
 */
import type { FileStat, FileSystem } from '../host/ports.ts';
import { absolutePath, rememberParents } from './parents.ts';
import type { World } from './types.ts';

export interface NewName {
  /** Absolute, in `.larder/tmp`. */
  readonly file: string;
  /** Below the root. */
  readonly path: string;
}

/** The file as it was seen behind the rename; `unseen` where the disk did not say. `left`: it was not renamed. */
export type Named = FileStat | 'unseen' | 'left';

/** Directories are looked at anew behind so many. */
const AT_ONCE = 32;

/** One answer a name, in their order. Nothing is replaced, and behind the first that cannot be placed none is. */
export function nameBatch(world: World, names: readonly NewName[]): Named[] {
  let parents = rememberParents(world);
  let isLeft = false;
  return names.map(({ file, path }, index) => {
    if (index % AT_ONCE === 0) parents = rememberParents(world);
    if (isLeft) return 'left';
    const target = absolutePath(world, path);
    try {
      isLeft = parents(path) !== 'sound';
      if (isLeft) return 'left';
      world.fs.renameNoReplace(file, target);
    } catch {
      isLeft = true;
      return 'left';
    }
    return seen(world.fs, target);
  });
}

function seen(fs: FileSystem, file: string): Named {
  try {
    return fs.lstat(file) ?? 'unseen';
  } catch {
    return 'unseen';
  }
}

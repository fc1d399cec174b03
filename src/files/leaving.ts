/** How a file that a swap brought out of the tree goes from `.larder/tmp`: only as long as it is what it was known to be. */
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import type { FileSystem } from '../host/ports.ts';
import { codeOf, messageOf } from './failures.ts';

export interface Leaving {
  /** Absolute path. */
  readonly file: string;
  /** How it was when its bytes were last known to be kept; null when they are not. */
  readonly key: StatKey | null;
}

/** `fits`: nothing is in the way. `open`: a program may still save into it. */
export type Fitness = 'gone' | 'changed' | 'open' | 'fits';

/** What became of it; or what the disk said. */
export type Left = Exclude<Fitness, 'fits'> | { readonly message: string; readonly code: string };

/** Throws what the disk says. */
export function fitnessOf(fs: FileSystem, { file, key }: Leaving): Fitness {
  const stat = fs.lstat(file);
  if (!stat) return 'gone';
  if (statKeyOf(stat) !== key) return 'changed';
  return isOpenForWriting(fs, file) ? 'open' : 'fits';
}

/** Where that cannot be found out, a file that was quiet for long enough goes. EAGAIN: a program has it to itself (fcntl, F_SETLEASE). */
function isOpenForWriting(fs: FileSystem, file: string): boolean {
  try {
    return fs.isOpenForWriting?.(file) ?? false;
  } catch (error) {
    return codeOf(error) === 'EAGAIN';
  }
}

/** Some hundred of them, in a thread where nobody waits for anything else. */
export const leaveAll = (fs: FileSystem, files: readonly Leaving[]): Left[] =>
  files.map((one) => {
    try {
      const fitness = fitnessOf(fs, one);
      if (fitness !== 'fits') return fitness;
      fs.unlink(one.file);
      return 'gone';
    } catch (error) {
      return { message: messageOf(error), code: codeOf(error) };
    }
  });

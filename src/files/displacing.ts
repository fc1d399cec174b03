/** Moving single files between the tree and `.larder/tmp`, without ever overwriting anything. */
import type { FileStat, FileSystem } from '../host/ports.ts';
import { codeOf } from './failures.ts';

interface Renaming {
  readonly fs: FileSystem;
  readonly swap: { readonly noReplace: boolean };
}

/** Gives a file a second name in `.larder/tmp`. */
export function linkAway({ fs }: Renaming, target: string, file: string): FileStat | 'gone' | 'not-a-file' {
  if (fs.lstat(target)?.kind !== 'file') return 'not-a-file';
  fs.link(target, file);
  return fs.lstat(file) ?? 'gone';
}

/** What a swap brought out. A disk that does not say undoes nothing: `unseen`. */
export function statOfOut({ fs }: Renaming, file: string): FileStat | undefined | 'unseen' {
  try {
    return fs.lstat(file);
  } catch {
    return 'unseen';
  }
}

/** Renames a file into `.larder/tmp`. Whatever is no regular file goes back at once. */
export function renameAway(world: Renaming, target: string, file: string): FileStat | 'gone' | 'not-a-file' | 'unseen' {
  try {
    world.fs.rename(target, file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  const out = statOfOut(world, file);
  if (out === 'unseen' || out?.kind === 'file') return out;
  renameBack(world, file, target);
  return 'not-a-file';
}

/** Gives a file its name again, unless the name is taken: then it stays in `.larder/tmp`, where start-up finds it. */
export function renameBack(world: Renaming, file: string, target: string): void {
  try {
    if (world.swap.noReplace) world.fs.renameNoReplace(file, target);
    else if (!world.fs.lstat(target)) world.fs.rename(file, target);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Whether the file of this name is the one we wrote, and nobody wrote to it since. */
export function stillOurs(world: Renaming, file: string, { ino, birthtimeNs, mtimeNs, size }: FileStat): boolean {
  const now = world.fs.lstat(file);
  return now?.ino === ino && now.birthtimeNs === birthtimeNs && now.mtimeNs === mtimeNs && now.size === size;
}

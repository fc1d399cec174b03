import type { StatKey } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';

/** Size, mtime, inode and birth time of a stat identity: the ctime between them changes with every rename. */
const LASTING = [0, 1, 3, 4];

/** Whether a file that was renamed since is still the one that this stat identity was taken of, unchanged. */
export function lastsTheSwap(stat: FileStat, key: StatKey | 'absent'): boolean {
  const fields = key.split(' ');
  const now = [stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino, stat.birthtimeNs];
  return LASTING.every((at) => fields[at] === String(now[at]));
}

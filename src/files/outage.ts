/** Why a path cannot be looked at, where that is the fault of a place above it and says nothing about the file. */
import { codeOf, messageOf } from './failures.ts';
import { directoriesDownTo, parentOf } from '../core/paths-below.ts';
import { absolutePath, checkRoot, type Rooted } from './parents.ts';

export interface Outage {
  /** The directory that stands in the way, below the root; '' for the root itself. */
  readonly place: string;
  readonly why: 'root-gone' | 'other-device' | 'denied';
  readonly detail: string;
}

const DENIED = new Set(['EACCES', 'EPERM']);

/** Null when every directory above the path is the root's own and may be entered, and when one of them is not there. */
export function findOutage(world: Rooted, path: string): Outage | null {
  let reached = '';
  try {
    const root = checkRoot(world);
    if (root !== 'sound') return { place: '', why: 'root-gone', detail: root.detail };
    for (const directory of directoriesDownTo(parentOf(path))) {
      const stat = world.fs.lstat(absolutePath(world, directory));
      if (stat?.kind !== 'directory') return null;
      if (stat.dev !== world.rootDevice)
        return { place: directory, why: 'other-device', detail: `another disk lies over ${directory}` };
      reached = directory;
    }
    world.fs.lstat(absolutePath(world, path));
    return null;
  } catch (error) {
    if (!DENIED.has(codeOf(error))) return null;
    return {
      place: reached,
      why: 'denied',
      detail: `${reached || 'the root'} may not be entered: ${messageOf(error)}`,
    };
  }
}

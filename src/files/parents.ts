/**
 * A path is only as good as the directories above it: each must be a real directory of the root's own device, or the kernel
 * would follow a symlink out of the root, or into a disk mounted over it.
 */
import { parentOf } from '../core/paths-below.ts';
import type { FileStat } from '../host/ports.ts';
import type { Look, World } from './types.ts';

export type Blocked = Extract<Look, { kind: 'blocked' }>;

/** `absent`: a directory on the way is not there (or is a file), so neither is the path. */
export type Parents = 'sound' | 'absent' | Blocked;

export type ParentCheck = (path: string) => Parents;

/** What a path is resolved against. */
export type Rooted = Pick<World, 'fs' | 'root' | 'rootDevice' | 'rootInode'>;

export const absolutePath = (world: Pick<World, 'root'>, path: string): string =>
  path === '' ? world.root : `${world.root}/${path}`;

export const blocked = (why: Blocked['why'], detail: string, key: Blocked['key'] = null): Blocked => ({
  kind: 'blocked',
  why,
  key,
  detail,
});

export function checkRoot(world: Rooted): 'sound' | Blocked {
  const stat = world.fs.lstat(world.root);
  // The path is unknown, not absent: a disk that is not mounted must not look like a deletion of everything.
  if (!stat) return blocked('root-gone', `the root ${world.root} is not there`);
  if (stat.kind !== 'directory') return blocked('root-gone', `the root ${world.root} is no directory any more`);
  if (stat.dev !== world.rootDevice)
    return blocked('root-gone', `another disk is mounted at the root ${world.root}, or the one of before is not`);
  return stat.ino === world.rootInode
    ? 'sound'
    : blocked('root-gone', `another directory lies at the root ${world.root} than the one that is served`);
}

function judgeParent(world: Rooted, directory: string, stat: FileStat | undefined): Parents {
  if (stat?.kind === 'symlink') return blocked('parent-symlink', `${directory} is a symlink`);
  if (stat?.kind !== 'directory') return 'absent';
  return stat.dev === world.rootDevice
    ? 'sound'
    : blocked('other-device', `${directory} lies on another device than the root`);
}

/** Looks at the root and at every directory above the path, from the outside in. */
export function checkParents(world: Rooted, path: string): Parents {
  const root = checkRoot(world);
  if (root !== 'sound') return root;
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const directory = path.slice(0, slash);
    const parents = judgeParent(world, directory, world.fs.lstat(absolutePath(world, directory)));
    if (parents !== 'sound') return parents;
  }
  return 'sound';
}

/** Looks once at each directory; for one batch that takes some milliseconds, and not longer. */
export function rememberParents(world: Rooted): ParentCheck {
  const known = new Map<string, Parents>();
  return (path) => {
    const directory = parentOf(path);
    const parents = known.get(directory) ?? checkParents(world, path);
    known.set(directory, parents);
    return parents;
  };
}

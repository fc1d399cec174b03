import { checkRoot } from '../files/parents.ts';
import type { World } from './world.ts';

/** Where a path below the root lies. */
export const absolute = (world: Pick<World, 'root'>, path: string): string =>
  path === '' ? world.root : `${world.root}/${path}`;

/** The directory of a path; '' for what lies directly in the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** False when the disk went away or another one came in its place: nothing seen then counts as an absence. */
export function rootIsThere(world: Pick<World, 'fs' | 'root' | 'rootDevice' | 'rootInode'>): boolean {
  try {
    return checkRoot(world) === 'sound';
  } catch {
    return false;
  }
}

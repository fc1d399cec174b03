import { checkRoot } from '../files/parents.ts';
import type { World } from './world.ts';

export { absolutePath as absolute } from '../files/parents.ts';

/** False when the disk went away or another one came in its place: nothing seen then counts as an absence. */
export function rootIsThere(world: Pick<World, 'fs' | 'root' | 'rootDevice' | 'rootInode'>): boolean {
  try {
    return checkRoot(world) === 'sound';
  } catch {
    return false;
  }
}

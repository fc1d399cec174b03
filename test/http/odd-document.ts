/** A document of several versions, the first of which is laid out oddly. */
import type { World } from './world.ts';

export const at = '/v1/lod/d/a';
export const odd = '{\t"v": 1.0,\r\n\t"big": 12345678901234567890 }';
/** seq 1. */
export const files = { 'lod/d/a.json': odd };
/** seq 2 and 3; then a is deleted: 4. */
export const twice = async (world: World): Promise<void> => {
  await world.put(at, { v: 2 });
  await world.put(at, { v: 2, w: [1] });
};
export const deleted = async (world: World): Promise<void> => {
  await twice(world);
  await world.ask('DELETE', at);
};

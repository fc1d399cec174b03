/** Why nothing is served at a path, of documents and files alike. */
import { LarderError } from '../core/errors.ts';
import type { DocumentRef } from '../core/refs.ts';
import type { Look } from '../files/types.ts';
import { sayDeparted } from '../reconciler/departed.ts';
import type { World } from '../reconciler/world.ts';

/** Throws `other_device`, `not_servable` where something lies there that may not be read. */
export function refuseUnreadable(path: string, seen: Look | undefined): void {
  if (seen?.kind !== 'blocked') return;
  if (seen.why === 'other-device') throw new LarderError('other_device', `${path}: ${seen.detail}`);
  if (seen.why === 'denied') throw new LarderError('not_servable', `${path}: ${seen.detail}`);
}

/** Where nothing is: that it is a folder, or what became of what was there; null where there was never anything. Never counts what is below. */
export function sayMissing(world: Pick<World, 'catalog'>, ref: DocumentRef): string | null {
  const { collection, id } = ref;
  const isFolder = world.catalog.presentBelow(`${collection}/${id}`, 1).length > 0;
  return isFolder ? `${id} is a folder; list it with /v1/${collection}?_prefix=${id}/` : sayDeparted(world, ref);
}

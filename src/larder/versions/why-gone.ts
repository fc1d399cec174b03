import type { StoredEvent } from '../../catalog/answers.ts';
import type { WhyGone } from '../../core/requests.ts';
import { mostKeptBytes } from '../../reconciler/drafts.ts';
import type { World } from '../../reconciler/world.ts';

/** Null where the bytes of a version are kept, and of what has none. Whether the disk has damaged them only reading them tells. */
export function whyGone(
  world: Pick<World, 'heldBytes'>,
  { kind, digest, size, body, path }: StoredEvent,
): WhyGone | null {
  if (kind === null || digest === null || body.in !== 'nowhere') return null;
  return size > mostKeptBytes(world, path) ? 'too_large' : 'pruned';
}

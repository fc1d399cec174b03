/** The orderly end of an open root. */
import type { Parts } from '../larder.ts';
import type { OpenMaintenance } from './maintenance.ts';
import type { Wired } from './wire.ts';

/** What disposing of it ends, in the reverse order, each also when one before it failed: the lock must be free for the next in any case. */
export function closingOf(
  { world, reconciler }: Wired,
  { events, bulk, place, lock }: Parts,
  maintenance: OpenMaintenance,
): AsyncDisposableStack {
  const closing = new AsyncDisposableStack();
  closing.defer(() => lock.release());
  closing.use(place);
  closing.defer(() => bulk[Symbol.asyncDispose]());
  closing.defer(() => events.close(true));
  // Twice: a checkpoint may have to write files anew, which brings others out of the tree.
  closing.defer(() => world.displaced.close());
  closing.defer(() => world.spares.close());
  closing.defer(() => world.checkpoints.close());
  closing.defer(() => world.displaced.close());
  closing.defer(() => world.backlog.close());
  closing.defer(() => world.pendings.close());
  closing.defer(() => world.outOfReach.close());
  closing.defer(() => reconciler[Symbol.asyncDispose]());
  closing.defer(() => maintenance.close());
  return closing;
}

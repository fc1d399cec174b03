/** Where an open root stands, in figures. */
import type { Status } from '../core/requests.ts';
import type { Parts } from '../larder.ts';
import type { Wired } from './wire.ts';

export function statusOf({ world, reconciler }: Wired, { events, catalog, root }: Parts): Status {
  const { watcher } = reconciler;
  const documents = catalog.namespaces().reduce((sum, { count }) => sum + count, 0);
  return {
    root: root.path,
    logId: events.id,
    seq: world.recorder.announcedSeq,
    checkpoint: events.checkpoint,
    documents,
    problems: catalog.countProblems() + (world.outOfReach.root() === null ? 0 : 1),
    logBytes: events.sizeBytes,
    catalogBytes: catalog.sizeBytes(),
    watcher: { kind: watcher?.kind ?? 'none', watches: watcher?.watches ?? 0 },
    durability: world.durability,
  };
}

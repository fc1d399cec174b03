/** Takes bytes of versions out of the log: one segment after the other, each with the catalog told before the next. */
import type { LoggedEntry, Seq } from '../../core/events.ts';
import type { Dropped } from '../../events/types.ts';
import type { History } from './types.ts';

/** Rows that one transaction of the catalog may change. */
const ROWS = 200;

export async function dropFrom(history: History, segment: Seq, drops: ReadonlySet<Seq>): Promise<Dropped> {
  history.refuseStopping();
  await followReplaced(history, false);
  const dropped = await history.events.drop(
    segment,
    (seq) => drops.has(seq),
    () => tellPlaces(history, segment),
  );
  await history.catalog.noteReplaced(history.events.replaced);
  return dropped;
}

/**
 * Segments that lost bodies since the catalog was told last, perhaps just before a crash, or before the disk refused. `isReplayed`: it
 * has just read them all.
 */
export async function followReplaced(
  { events, catalog }: Pick<History, 'events' | 'catalog'>,
  isReplayed: boolean,
): Promise<void> {
  const moved = replacedUntold({ events, catalog });
  if (moved.length === 0) return;
  if (!isReplayed) for (const segment of moved) await tellPlaces({ events, catalog }, segment);
  await catalog.noteReplaced(events.replaced);
}

/** Segments that were written anew without the catalog knowing. */
export function replacedUntold({ events, catalog }: Pick<History, 'events' | 'catalog'>): Seq[] {
  const known = catalog.replacedSegments();
  return Object.entries(events.replaced).flatMap(([segment, times]) =>
    known[segment] === times ? [] : [Number(segment)],
  );
}

/** Everything in a segment lies elsewhere once it was written anew, and what was dropped nowhere. */
async function tellPlaces({ events, catalog }: Pick<History, 'events' | 'catalog'>, segment: Seq): Promise<void> {
  let batch: LoggedEntry[] = [];
  for (const { entries } of events.readSegment(segment)) {
    for (const entry of entries) {
      batch.push(entry);
      if (batch.length < ROWS) continue;
      await catalog.movePlaces(batch);
      batch = [];
    }
  }
  await catalog.movePlaces(batch);
}

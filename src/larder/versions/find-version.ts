/** Versions by their seq, for one document under whatever names it had. */
import type { StoredEvent } from '../../catalog/answers.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import { sayWhereVersionsAre } from '../../core/not-there.ts';
import { classify, pathOf, type DocumentRef } from '../../core/refs.ts';
import { bytesOfVersion } from '../../reconciler/bodies.ts';
import type { World } from '../../reconciler/world.ts';

/** The event of this very seq if it made, or ended, a version of the document. Throws `future_seq`. */
export function eventOf(world: World, ref: DocumentRef, seq: Seq): StoredEvent | undefined {
  const newest = world.recorder.announcedSeq;
  if (seq > newest) throw new LarderError('future_seq', `seq ${seq} is not reached; the newest is ${newest}`);
  const event = world.catalog.event(seq);
  if (event === undefined || event.kind === null) return undefined;
  return event.path === pathOf(ref) || isEarlierName(world, event, ref) ? event : undefined;
}

const isEarlierName = (world: World, event: StoredEvent, ref: DocumentRef): boolean =>
  classify(event.path).kind === classify(pathOf(ref)).kind && world.catalog.isOf(pathOf(ref), event.seq);

/** Throws `not_found` where the seq is another document's, or no version. */
export function requireEvent(world: World, ref: DocumentRef, seq: Seq): StoredEvent {
  const event = eventOf(world, ref, seq);
  if (event) return event;
  throw new LarderError('not_found', `seq ${seq} is no version of ${ref.collection}/${ref.id}`, {
    members: { hint: sayWhereVersionsAre(ref) },
  });
}

/** What was there after an event: null after a deletion, and under a name that the document left. Throws `gone`. */
export function bytesAfter(world: World, ref: DocumentRef, event: StoredEvent): Uint8Array | null {
  const digest = digestAfter(ref, event);
  return digest === null ? null : bytesOfVersion(world, { ...event, digest });
}

/** Of the bytes that an event left at the document; null where it left nothing there. */
export const digestAfter = (ref: DocumentRef, event: StoredEvent): StoredEvent['digest'] =>
  leaves(event, ref) ? null : event.digest;

const leaves = (event: StoredEvent, ref: DocumentRef): boolean =>
  event.from === pathOf(ref) && event.path !== pathOf(ref);

const PAGE = 20;

/** The newest version before a seq that was ever on disk; rescued ones were not. */
export function newestBefore(world: World, ref: DocumentRef, before: Seq | null): StoredEvent | undefined {
  for (let next = before; ;) {
    const page = world.catalog.history(pathOf(ref), { before: next, limit: PAGE });
    const found = page.find(({ kind }) => kind !== 'rescued');
    const last = page.at(-1);
    if (found || last === undefined) return found;
    next = last.seq;
  }
}

/**
 * The beginning of a restore: what it brought back before anybody could know that it is one is in the log as single edits and
 * deletions by hand. Undo by its session takes these back as well; which they are follows from the log alone (core/restore.ts).
 */
import type { EventSelection, StoredEvent } from '../../catalog/answers.ts';
import type { Digest } from '../../core/digest.ts';
import type { Seq } from '../../core/events.ts';
import { beginningOf, RESTORE_WINDOW_MS, type EarlierChange } from '../../core/restore.ts';
import { transitionsOf } from '../../core/undo-plan.ts';
import { paceOf } from '../../host/pace.ts';
import { earlierChange, isOfRestore } from '../../reconciler/restores.ts';
import type { World } from '../../reconciler/world.ts';

/** Read in one turn of the event loop. */
const AT_ONCE = 500;

/**
 * Of the minute before the first event of the session, whatever of the session is asked for: the other conditions narrow both.
 * `events` are those of the session that are meant.
 */
export async function restoreBeginning(
  world: World,
  selection: EventSelection,
  after: Seq,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const { session, changeSet } = selection;
  if (session === null || changeSet !== null || !events.some(isOfRestore)) return [];
  const whole = { changeSet: null, actor: null, session, scope: null, path: null, upTo: selection.upTo };
  const [first] = world.catalog.selectEvents(whole, 0, 1);
  if (first === undefined) return [];
  const byHand = { ...selection, actor: 'hand', session: null, upTo: Math.min(selection.upTo, first.seq - 1) };
  const since = Math.max(after, world.catalog.seqAtTime(first.atMs - RESTORE_WINDOW_MS));
  let earlier: { readonly event: StoredEvent; readonly change: EarlierChange }[] = [];
  for await (const event of eventsOf(world, byHand, since)) {
    // What came before is that other restore's.
    if (isOfRestore(event)) earlier = [];
    if (Math.abs(first.atMs - event.atMs) >= RESTORE_WINDOW_MS) continue;
    earlier.push(...earlierChange(world, event).map((change) => ({ event, change })));
  }
  const changes = earlier.map(({ change }) => change);
  const own = beginningOf(changes, foundBy(events));
  return earlier.filter(({ change }) => own.has(change.seq)).map(({ event }) => event);
}

async function* eventsOf(world: World, selection: EventSelection, after: Seq): AsyncGenerator<StoredEvent> {
  const pace = paceOf(world.clock);
  for (let next = after; ;) {
    const page = world.catalog.selectEvents(selection, next, AT_ONCE);
    for (const event of page) {
      yield event;
      await pace();
    }
    next = page.at(-1)?.seq ?? next;
    if (page.length < AT_ONCE) return;
  }
}

/** What the first of the events found at each path. */
function foundBy(events: readonly StoredEvent[]): ReadonlyMap<string, Digest | null> {
  const found = new Map<string, Digest | null>();
  for (const { path, before } of events.flatMap(transitionsOf)) if (!found.has(path)) found.set(path, before);
  return found;
}

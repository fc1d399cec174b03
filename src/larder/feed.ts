/** The change feed: pages of recorded events after a seq. It never waits; followers wait for the next announcement. */
import { feedEvent } from '../core/feed.ts';
import type { Seq } from '../core/events.ts';
import type { CatchUp, FeedScope, FeedStart } from '../core/requests.ts';
import type { World } from '../reconciler/world.ts';

export function changes(
  world: World,
  scope: FeedScope,
  start: FeedStart,
  limit: number,
  logId: string | null,
): CatchUp {
  const newest = world.recorder.announcedSeq;
  if (logId !== null && logId !== world.events.id)
    return { kind: 'must-refetch', reason: 'the log is another one now' };
  const since = sinceOf(world, start, newest);
  if (since < 0 || since > newest) return { kind: 'must-refetch', reason: `seq ${since} is unknown to this log` };
  const events = world.catalog.events(scope, since, limit).filter((event) => event.seq <= newest);
  const told = events.map((event) => feedEvent(event, scope));
  const upToDate = events.length < limit;
  const next = upToDate ? newest : (events.at(-1)?.seq ?? newest);
  return { kind: 'range', events: told, next, upToDate };
}

function sinceOf(world: World, start: FeedStart, newest: Seq): Seq {
  if (start === 'now') return newest;
  if (start === 'beginning') return 0;
  return 'since' in start ? start.since : world.catalog.seqAtTime(start.timeMs);
}

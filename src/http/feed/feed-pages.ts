/**
 * Pages of the feed as text. At an announcement all live followers of a scope ask for the same page; the first reads and
 * formats it for all.
 */
import type { Seq } from '../../core/events.ts';
import type { FeedEvent, FeedScope, FeedStart } from '../../core/requests.ts';
import type { Larder } from '../../larder-types.ts';

type FeedText =
  | { readonly kind: 'range'; readonly text: string; readonly next: Seq; readonly upToDate: boolean }
  | { readonly kind: 'must-refetch'; readonly reason: string };

export type FeedPages = (scope: FeedScope, start: FeedStart, logId: string | null) => FeedText;

const EVENTS_A_PAGE = 200;
/** Different places at which followers stand at one moment; more of them only read for themselves. */
const KEPT_PAGES = 32;

export function openFeedPages(larder: Larder): FeedPages {
  const kept = new Map<string, FeedText>();
  let keptAt: Seq = -1;
  return (scope, start, logId) => {
    if (larder.seq !== keptAt || kept.size > KEPT_PAGES) kept.clear();
    keptAt = larder.seq;
    const key = JSON.stringify([scope, start, logId]);
    const page = kept.get(key) ?? readPage(larder, scope, start, logId);
    kept.set(key, page);
    return page;
  };
}

function readPage(larder: Larder, scope: FeedScope, start: FeedStart, logId: string | null): FeedText {
  const page = larder.changes(scope, start, EVENTS_A_PAGE, logId);
  if (page.kind === 'must-refetch') return page;
  return { kind: 'range', text: page.events.map(formatEvent).join(''), next: page.next, upToDate: page.upToDate };
}

const formatEvent = (event: FeedEvent): string =>
  `id: ${event.seq}\nevent: ${event.op}\ndata: ${JSON.stringify(event)}\n\n`;

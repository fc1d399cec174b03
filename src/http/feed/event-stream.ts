/**
 * The feed as server-sent events (WHATWG HTML, 9.2). Backfill and live are one loop: read a page, send it, and when it was
 * the last wait for the next announcement and read again. The log is the only queue: a client that does not read is not
 * asked to take the next page, so it costs one page of memory, however much happens meanwhile.
 */
import type { Seq } from '../../core/events.ts';
import type { FeedScope, FeedStart } from '../../core/requests.ts';
import type { Clock } from '../../host/ports.ts';
import type { Larder } from '../../larder-types.ts';
import type { FeedPages } from './feed-pages.ts';

/** Comes while nothing else does, so that clients and proxies can tell a quiet feed from a dead connection. */
const HEARTBEAT_MS = 15_000;

export interface Follow {
  readonly larder: Larder;
  readonly clock: Clock;
  readonly pages: FeedPages;
  readonly scope: FeedScope;
  readonly start: FeedStart;
  /** The log that the client knows, or null. */
  readonly logId: string | null;
  /** Aborts when the client is gone or the daemon stops. */
  readonly signal: AbortSignal;
}

/** Texts to send; ends after `must-refetch`, and when the signal aborts. */
export async function* followFeed(follow: Follow): AsyncGenerator<string, void> {
  const { larder, clock, scope, logId, signal } = follow;
  let start = follow.start;
  let sentMs = clock.monotonicMs();
  let isFirst = true;
  while (!signal.aborted) {
    const page = follow.pages(scope, start, logId);
    if (page.kind === 'must-refetch')
      return yield formatControl('must-refetch', { reason: page.reason, log: larder.logId });
    start = { since: page.next };
    if (page.text !== '' || isFirst || clock.monotonicMs() - sentMs >= HEARTBEAT_MS) {
      yield textOf(
        larder,
        page.text,
        page.upToDate && (page.text !== '' || isFirst) ? upToDate(page.next, larder.logId) : '',
      );
      sentMs = clock.monotonicMs();
      isFirst = false;
    }
    if (page.upToDate)
      await waitForChange(larder, clock, page.next, sentMs + HEARTBEAT_MS - clock.monotonicMs(), signal);
  }
}

const textOf = (larder: Larder, events: string, control: string): string =>
  events + control === '' ? `: ${isBehind(larder) ? 'unrecorded' : 'quiet'}\n\n` : events + control;

/** Changes are known that the log has no room for: they are served, but not told yet. */
export const isBehind = (larder: Larder): boolean => larder.readiness().reasons.includes('unrecorded');

/** Carries an id too: a follower of one collection that resumes need not pass again what was not for it. */
const upToDate = (seq: Seq, log: string): string => `id: ${seq}\n${formatControl('up-to-date', { seq, log })}`;

const formatControl = (name: string, value: Record<string, unknown>): string =>
  `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;

/** Resolves at the next announcement of any scope after this seq, or when the time is over, or when the signal aborts. */
export async function waitForChange(
  larder: Larder,
  clock: Clock,
  after: Seq,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const turn = new AbortController();
  const end = (): void => turn.abort();
  const timer = clock.after(Math.max(0, withinMs), end);
  signal.addEventListener('abort', end, { once: true });
  try {
    await larder.waitForChange(after, turn.signal);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', end);
  }
}

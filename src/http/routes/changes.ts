/** The feed, by `Accept`: a page, which with `_wait` waits for its first event, or a stream. */
import type { Context } from 'hono';
import { LarderError } from '../../core/errors.ts';
import type { CatchUp, FeedScope, FeedStart } from '../../core/requests.ts';
import { collectionOf, namespaceOf } from '../request/addresses.ts';
import { answer, answerJson } from '../answer/answers.ts';
import { followFeed, isBehind, waitForChange } from '../feed/event-stream.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import type { Larder } from '../../larder-types.ts';
import { answerType, EVENT_STREAM_TYPE, JSON_TYPE } from '../request/media-types.ts';
import { INCLUDE, LIMIT, LOG, parseSeq, SINCE, WAIT } from '../request/parameters.ts';
import { preferencesOf } from '../request/preferences.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { cutWhenIdle } from '../answer/streamed-bytes.ts';
import { openStream, streamTexts } from '../answer/streams.ts';

const feed = {
  method: 'GET',
  parameters: [SINCE, LIMIT, WAIT, LOG, INCLUDE],
  requestHeaders: ['Accept', 'Last-Event-ID', 'Prefer'],
  bodies: [],
  answers: [JSON_TYPE, EVENT_STREAM_TYPE],
  statuses: [200],
} as const;

export const changeRoutes = (serving: Serving): Route[] => [
  {
    ...feed,
    path: '/v1/_changes',
    summary: 'The feed of everything',
    handle: (c) => answerFeed(c, serving, { kind: 'all' }),
  },
  {
    ...feed,
    path: '/v1/:ns/_changes',
    summary: 'The feed of a namespace',
    handle: (c) => answerFeed(c, serving, { kind: 'namespace', namespace: namespaceOf(c.env) }),
  },
  {
    ...feed,
    path: '/v1/:ns/:collection/_changes',
    summary: 'The feed of a collection; of files under the collection `files`',
    handle: (c) => answerFeed(c, serving, { kind: 'collection', collection: collectionOf(c.env) }),
  },
];

async function answerFeed({ env }: Context<HttpEnv>, serving: Serving, scope: FeedScope): Promise<Response> {
  valueOf(env.target.query, INCLUDE);
  const type = answerType(env.incoming.headers.accept, [JSON_TYPE, EVENT_STREAM_TYPE]);
  await serving.larder.caughtUp;
  return type === JSON_TYPE ? answerFeedPage(env, serving, scope) : answerFeedStream(env, serving, scope);
}

function answerFeedStream(exchange: Exchange, serving: Serving, scope: FeedScope): Response {
  const { query } = exchange.target;
  const other = [LIMIT, WAIT].find(({ name }) => query.has(name));
  if (other !== undefined)
    throw new LarderError('bad_parameter', `${other.name} does not go with ${EVENT_STREAM_TYPE}`);
  const start = startOf(exchange) ?? 'now';
  const headers = {
    'Content-Type': EVENT_STREAM_TYPE,
    'Larder-Log': serving.larder.logId,
    'Larder-Seq': String(serving.larder.seq),
    ...problemOf(serving.larder),
    // Asks nginx and its like not to hold events back.
    'X-Accel-Buffering': 'no',
  };
  if (exchange.incoming.method === 'HEAD') return answer(exchange, 200, headers, null);
  const { larder, clock, feedPages: pages } = serving;
  const signal = openStream(exchange, serving);
  cutWhenIdle(exchange);
  const texts = followFeed({ larder, clock, pages, scope, start, logId: valueOf(query, LOG), signal });
  return answer(exchange, 200, headers, streamTexts(texts));
}

async function answerFeedPage(exchange: Exchange, serving: Serving, scope: FeedScope): Promise<Response> {
  const { larder } = serving;
  const page = await pollFeed(exchange, serving, scope, waitMsOf(exchange));
  const headers = { 'Larder-Log': larder.logId, 'Larder-Seq': String(larder.seq), ...problemOf(larder) };
  if (page.kind === 'must-refetch') {
    throw new LarderError('must_refetch', page.reason, { headers, members: { log: larder.logId, seq: larder.seq } });
  }
  const { events: items, next, upToDate } = page;
  return answerJson(exchange, { items, next, up_to_date: upToDate, log: larder.logId }, headers);
}

/** What is up to date with the log may still be behind the disk. */
const problemOf = (larder: Larder): Record<string, string> =>
  isBehind(larder) ? { 'Larder-Problem': 'unrecorded' } : {};

/** Reads until there is an event, or the time is over, or the client or the daemon goes. */
async function pollFeed(exchange: Exchange, serving: Serving, scope: FeedScope, waitMs: number): Promise<CatchUp> {
  const { larder, clock } = serving;
  const { query } = exchange.target;
  const [limit, logId] = [valueOf(query, LIMIT), valueOf(query, LOG)];
  const first = larder.changes(scope, startOf(exchange) ?? 'beginning', limit, logId);
  if (waitMs === 0 || !isQuiet(first)) return first;
  const signal = openStream(exchange, serving);
  const untilMs = clock.monotonicMs() + waitMs;
  let page: CatchUp = first;
  while (isQuiet(page) && clock.monotonicMs() < untilMs && !signal.aborted) {
    await waitForChange(larder, clock, page.next, untilMs - clock.monotonicMs(), signal);
    page = larder.changes(scope, { since: page.next }, limit, logId);
  }
  return page;
}

const isQuiet = (page: CatchUp): page is Extract<CatchUp, { kind: 'range' }> =>
  page.kind === 'range' && page.events.length === 0 && page.upToDate;

/** `Last-Event-ID` wins over `_since`, because a browser sends it when it reconnects to the same URL. */
function startOf({ incoming, target }: Exchange): FeedStart | null {
  const lastId = incoming.headers['last-event-id'];
  if (lastId === undefined || lastId === '') return valueOf(target.query, SINCE);
  const seq = typeof lastId === 'string' ? parseSeq(lastId) : null;
  if (seq === null) throw new LarderError('bad_request', 'Last-Event-ID must be a seq');
  return { since: seq };
}

function waitMsOf({ incoming, target }: Exchange): number {
  const preferred = Math.min(preferencesOf(incoming.headers, ['wait']).wait ?? 0, 60);
  const seconds = target.query.has(WAIT.name) ? valueOf(target.query, WAIT) : preferred;
  return seconds * 1000;
}

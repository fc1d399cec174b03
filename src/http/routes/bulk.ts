/** `_bulk`: many writes of one collection, streamed both ways. */
import type { Context } from 'hono';
import { documentsOf } from '../request/addresses.ts';
import { answer } from '../answer/answers.ts';
import { arrayItems, bodyLines } from '../bulk/bulk-incoming.ts';
import { atomicResults, results, resume } from '../bulk/bulk-results.ts';
import { newTally, type Bulk } from '../bulk/bulk-run.ts';
import type { HttpEnv } from '../exchange.ts';
import { bodyType, JSON_TYPE, NDJSON_TYPE } from '../request/media-types.ts';
import { ATOMIC } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { streamTexts } from '../answer/streams.ts';
import { writeIntent } from '../answer/write-requests.ts';

const NDJSON_TYPES = [NDJSON_TYPE, 'application/ndjson', 'application/jsonl'];

export const bulkRoutes = (serving: Serving): Route[] => [
  {
    method: 'POST',
    path: '/v1/:ns/:collection/_bulk',
    summary: 'Many writes: a result line for each line, in order, and a summary',
    parameters: [ATOMIC],
    requestHeaders: ['Prefer', 'Larder-Session'],
    bodies: [...NDJSON_TYPES, JSON_TYPE],
    answers: [NDJSON_TYPE],
    statuses: [200],
    handle: (c) => answerBulk(c, serving),
  },
];

async function answerBulk({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  const collection = documentsOf(env);
  const type = bodyType(env.incoming.headers, [...NDJSON_TYPES, JSON_TYPE]);
  const { who, options, preferences } = writeIntent(env);
  const onFault = (error: unknown): void =>
    serving.log.error({ err: error, request_id: env.requestId }, 'a bulk line failed');
  const bulk: Bulk = {
    larder: serving.larder,
    collection,
    who,
    options,
    tally: newTally(),
    clock: serving.clock,
    onFault,
  };
  const lines = type === JSON_TYPE ? arrayItems(env, serving, collection) : bodyLines(env, serving, collection);
  const isAtomic = valueOf(env.target.query, ATOMIC);
  const texts = isAtomic ? atomicResults(bulk, lines) : results(bulk, lines);
  // What is wrong before the first result is told as a problem of the request; later it can only be a line.
  const first = await texts.next();
  const applied: Record<string, string> =
    preferences.applied.length > 0 ? { 'Preference-Applied': preferences.applied.join(', ') } : {};
  const headers = {
    'Content-Type': NDJSON_TYPE,
    'Larder-Durability': serving.larder.durability,
    ...(isAtomic && writtenHeaders(bulk)),
    ...applied,
  };
  return answer(env, 200, headers, streamTexts(resume(first, texts)));
}

/** A set that is written whole before its first line is told is answered like any other write. */
function writtenHeaders({ larder, tally }: Bulk): Record<string, string> {
  const [changeSet] = tally.changeSets;
  return { 'Larder-Seq': String(larder.seq), ...(changeSet !== undefined && { 'Larder-Change-Set': changeSet }) };
}

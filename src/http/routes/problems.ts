import type { Context } from 'hono';
import { collectionOf } from '../request/addresses.ts';
import type { HttpEnv } from '../exchange.ts';
import { JSON_TYPE } from '../request/media-types.ts';
import { answerPage, mapPage, requireReady } from '../answer/pages.ts';
import { CURSOR, LIMIT } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

const list = {
  method: 'GET',
  parameters: [LIMIT, CURSOR],
  requestHeaders: ['Accept'],
  bodies: [],
  answers: [JSON_TYPE],
  statuses: [200],
} as const;

export const problemRoutes = (serving: Serving): Route[] => [
  {
    ...list,
    path: '/v1/_problems',
    summary: 'What on disk cannot be served as it is, with file, line and column',
    handle: (c) => listProblems(c, serving, null),
  },
  {
    ...list,
    path: '/v1/:ns/:collection/_problems',
    summary: 'The problems of one collection',
    handle: (c) => listProblems(c, serving, collectionOf(c.env)),
  },
];

function listProblems({ env }: Context<HttpEnv>, serving: Serving, collection: string | null): Response {
  requireReady(serving);
  const { query } = env.target;
  const page = serving.larder.problems({ collection, limit: valueOf(query, LIMIT), cursor: valueOf(query, CURSOR) });
  return answerPage(
    env,
    serving,
    mapPage(page, (problem) => JSON.stringify(problem)),
  );
}

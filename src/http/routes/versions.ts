/** What changed, and ways back: diffs, reverts, and what was done last. */
import type { Context } from 'hono';
import type { FeedScope } from '../../core/requests.ts';
import { collectionOf, documentOf, namespaceOf } from '../request/addresses.ts';
import { beforeOf } from '../answer/cursors.ts';
import { answerPage, mapPage } from '../answer/pages.ts';
import { answerDiff, revertAsked } from '../answer/told-history.ts';
import { answerWritten, WRITE_HEADERS } from '../answer/write-requests.ts';
import type { HttpEnv } from '../exchange.ts';
import { JSON_PATCH_TYPE, JSON_TYPE, TEXT_TYPE } from '../request/media-types.ts';
import { CURSOR, FROM, LIMIT, TO } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { DOCUMENT_PATH } from './reads.ts';

const DIFF_TYPES = [JSON_PATCH_TYPE, JSON_TYPE, TEXT_TYPE] as const;

const lately = {
  method: 'GET',
  parameters: [LIMIT, CURSOR],
  requestHeaders: ['Accept'],
  bodies: [],
  answers: [JSON_TYPE],
  statuses: [200],
} as const;

export const versionRoutes = (serving: Serving): Route[] => [
  {
    ...lately,
    path: '/v1/_history',
    summary: 'What was done last, newest first',
    handle: (c) => listLately(c, serving, { kind: 'all' }),
  },
  {
    ...lately,
    path: '/v1/:ns/_history',
    summary: 'The same for a namespace',
    handle: (c) => listLately(c, serving, { kind: 'namespace', namespace: namespaceOf(c.env) }),
  },
  {
    ...lately,
    path: '/v1/:ns/:collection/_history',
    summary: 'The same for a collection',
    handle: (c) => listLately(c, serving, { kind: 'collection', collection: collectionOf(c.env) }),
  },
  {
    method: 'GET',
    path: `${DOCUMENT_PATH}/_diff`,
    summary: 'What changed between two versions: JSON Patch (RFC 6902), or unified text by `Accept`',
    parameters: [FROM, TO],
    requestHeaders: ['Accept'],
    bodies: [],
    answers: DIFF_TYPES,
    statuses: [200],
    handle: ({ env }) => answerDiff(env, serving, documentOf(env), DIFF_TYPES),
  },
  {
    method: 'POST',
    path: `${DOCUMENT_PATH}/_revert`,
    summary: 'Puts the exact bytes of an earlier version back, of a deleted document too',
    parameters: [],
    requestHeaders: WRITE_HEADERS,
    bodies: [JSON_TYPE],
    answers: [JSON_TYPE],
    statuses: [200, 201, 204],
    handle: (c) => revertDocument(c, serving),
  },
];

function listLately({ env }: Context<HttpEnv>, serving: Serving, scope: FeedScope): Response {
  const { query } = env.target;
  const page = serving.larder.versions.recent(scope, { before: beforeOf(env), limit: valueOf(query, LIMIT) });
  return answerPage(
    env,
    serving,
    mapPage(page, (event) => JSON.stringify(event)),
  );
}

async function revertDocument({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  const { written, preferences } = await revertAsked(env, serving, documentOf(env));
  return answerWritten(env, written, preferences);
}

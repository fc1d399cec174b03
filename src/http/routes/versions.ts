/** What changed, and ways back: diffs, reverts, and what was done last. */
import type { Context } from 'hono';
import { z } from 'zod';
import type { FeedScope } from '../../core/requests.ts';
import { collectionOf, documentOf, namespaceOf } from '../request/addresses.ts';
import { answer } from '../answer/answers.ts';
import { beforeOf } from '../answer/cursors.ts';
import { answerPage, mapPage } from '../answer/pages.ts';
import { answerWritten, WRITE_HEADERS, writeIntent } from '../answer/write-requests.ts';
import type { HttpEnv } from '../exchange.ts';
import { parseBody } from '../request/json-body.ts';
import { answerType, bodyType, JSON_PATCH_TYPE, JSON_TYPE } from '../request/media-types.ts';
import { CURSOR, FROM, LIMIT, TO } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { DOCUMENT_PATH } from './reads.ts';

const TEXT_TYPE = 'text/plain';

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
    answers: [JSON_PATCH_TYPE, JSON_TYPE, TEXT_TYPE],
    statuses: [200],
    handle: (c) => answerDiff(c, serving),
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

async function answerDiff({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = documentOf(env);
  const type = answerType(env.incoming.headers.accept, [JSON_PATCH_TYPE, JSON_TYPE, TEXT_TYPE]);
  const { query } = env.target;
  const asText = type === TEXT_TYPE;
  const options = { from: valueOf(query, FROM), to: valueOf(query, TO), as: asText ? 'text' : 'patch' } as const;
  const { from, to, text } = await larder.versions.diff(ref, options);
  const headers = {
    'Content-Type': asText ? `${TEXT_TYPE}; charset=utf-8` : type,
    'Larder-From': String(from),
    'Larder-To': String(to),
    'Larder-Seq': String(larder.seq),
  };
  return answer(env, 200, headers, asText ? text : `${text}\n`);
}

const REVERT = z.object({ to: z.int('must be the seq of a version').min(1, 'must be the seq of a version') });

async function revertDocument({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  const ref = documentOf(env);
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { who, preconditions, options, preferences } = writeIntent(env);
  const { to } = parseBody(await readBody(env, config.bodyLimitBytes, clock), REVERT);
  return answerWritten(env, await larder.versions.revert(ref, to, who, preconditions, options), preferences);
}

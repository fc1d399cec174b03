/** What cannot be served as it is on disk, and what a person decides about it. */
import type { Context } from 'hono';
import { z } from 'zod';
import type { Choice, Decided } from '../../larder-guards.ts';
import { collectionOf } from '../request/addresses.ts';
import { answerJson } from '../answer/answers.ts';
import { DECISION_HEADERS, writeIntent } from '../answer/write-requests.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { parseBody } from '../request/json-body.ts';
import { bodyType, JSON_TYPE } from '../request/media-types.ts';
import { answerPage, mapPage, requireReady } from '../answer/pages.ts';
import { CURSOR, LIMIT } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import { readBody } from '../request/request-body.ts';
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

const decide = {
  method: 'POST',
  parameters: [],
  requestHeaders: DECISION_HEADERS,
  bodies: [JSON_TYPE],
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
  {
    ...decide,
    path: '/v1/_problems/:problem/_confirm',
    summary: 'It is so: held documents are deleted, rescued bytes are taken, a conflict ends as chosen',
    handle: (c) => answerDecided(c, serving, 'confirm'),
  },
  {
    ...decide,
    path: '/v1/_problems/:problem/_dismiss',
    summary: 'It shall not be so: held and broken files are written back, a conflict copy becomes a document',
    handle: (c) => answerDecided(c, serving, 'dismiss'),
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

const CHOICE = z.object({
  take: z.enum(['copy', 'original', 'merge'], 'must be copy, original or merge').optional(),
  copy: z.string('must be the path of a copy').optional(),
});

async function answerDecided(
  c: Context<HttpEnv>,
  serving: Serving,
  decision: 'confirm' | 'dismiss',
): Promise<Response> {
  const { env } = c;
  const { who, options, preferences } = writeIntent(env);
  const choice = await choiceOf(env, serving);
  const decided = await serving.larder.guards[decision](c.req.param('problem') ?? '', choice, who, options);
  const applied = preferences.applied.length > 0 ? { 'Preference-Applied': preferences.applied.join(', ') } : {};
  return answerJson(env, bodyOf(decided), { 'Larder-Seq': String(decided.seq), ...applied });
}

/** Most problems leave nothing to choose: then the request needs no body. */
async function choiceOf(exchange: Exchange, { config, clock }: Serving): Promise<Choice> {
  bodyType(exchange.incoming.headers, [JSON_TYPE]);
  const body = await readBody(exchange, config.bodyLimitBytes, clock);
  const { take, copy } = body.length === 0 ? {} : parseBody(body, CHOICE);
  return { ...(take !== undefined && { take }), ...(copy !== undefined && { copy }) };
}

const bodyOf = ({ problem, decision, changed, left, changeSets, session, isPreview }: Decided): object => ({
  problem,
  decision,
  changed,
  left,
  change_sets: changeSets,
  ...(session !== null && { session }),
  ...(isPreview && { preview: true }),
});

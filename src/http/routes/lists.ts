/** Namespaces, collections, and the documents of a collection. */
import type { Context } from 'hono';
import { LarderError } from '../../core/errors.ts';
import type { At, Page, Summary } from '../../core/requests.ts';
import type { Larder } from '../../larder-types.ts';
import type { Moment } from '../../larder-versions.ts';
import { collectionOf, namespaceOf } from '../request/addresses.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { formatItem } from '../../core/list-items.ts';
import { tellDeletion } from '../../core/told-versions.ts';
import { JSON_TYPE } from '../request/media-types.ts';
import { answerPage, gatherFrozenPage, gatherPage, mapPage, momentHeaders, requireReady } from '../answer/pages.ts';
import { AT, CURSOR, DELETED, LIMIT, META, PREFIX } from '../request/parameters.ts';
import { valueOf, type Query } from '../request/query.ts';
import type { Route } from '../route.ts';
import { notFound } from '../answer/refusals.ts';
import type { Serving } from '../serving.ts';

const list = { method: 'GET', requestHeaders: ['Accept'], bodies: [], answers: [JSON_TYPE], statuses: [200] } as const;

export const listRoutes = (serving: Serving): Route[] => [
  {
    ...list,
    path: '/v1',
    summary: 'The namespaces, with counts',
    parameters: [],
    handle: ({ env }) => listNamespaces(env, serving),
  },
  {
    ...list,
    path: '/v1/:ns',
    summary: 'The collections of a namespace, with counts',
    parameters: [],
    handle: ({ env }) => listCollections(env, serving),
  },
  {
    ...list,
    path: '/v1/:ns/:collection',
    summary: 'The documents of a collection, in the order of their ids; of `files` the files',
    parameters: [LIMIT, CURSOR, PREFIX, META, DELETED, AT],
    handle: (c) => listDocuments(c, serving),
  },
];

function listNamespaces(exchange: Exchange, serving: Serving): Response {
  requireReady(serving);
  return answerSummaries(exchange, serving, serving.larder.namespaces());
}

function listCollections(exchange: Exchange, serving: Serving): Response {
  const namespace = namespaceOf(exchange);
  requireReady(serving);
  const summaries = serving.larder.collections(namespace);
  if (summaries === undefined) throw notFound(`namespace ${namespace}`, 'GET /v1 lists what is there.');
  return answerSummaries(exchange, serving, summaries);
}

const answerSummaries = (exchange: Exchange, serving: Serving, summaries: readonly Summary[]): Response =>
  answerPage(
    exchange,
    serving,
    mapPage({ items: summaries, next: null }, (summary) => JSON.stringify(summary)),
  );

function listDocuments({ env }: Context<HttpEnv>, serving: Serving): Response | Promise<Response> {
  const collection = collectionOf(env);
  const { query } = env.target;
  const limit = valueOf(query, LIMIT);
  const at = valueOf(query, AT);
  if (at !== null) return listPast(env, serving, collection, at);
  const step = valueOf(query, DELETED)
    ? deletedStep(collection, serving, query)
    : documentStep(collection, serving, query);
  requireReady(serving);
  return answerPage(env, serving, gatherPage(limit, valueOf(query, CURSOR), step));
}

/** As it was: what is served then does not change any more, so a walk is frozen. */
async function listPast(exchange: Exchange, serving: Serving, collection: string, at: At): Promise<Response> {
  const { query } = exchange.target;
  if (valueOf(query, DELETED)) throw new LarderError('bad_parameter', `${DELETED.name} does not go with ${AT.name}`);
  const [prefix, withMeta] = [valueOf(query, PREFIX), valueOf(query, META)];
  requireReady(serving);
  let moment: Moment | null = null;
  const page = await gatherFrozenPage(valueOf(query, LIMIT), valueOf(query, CURSOR), async (limit, cursor) => {
    const step = await serving.larder.versions.listAt(collection, { limit, prefix, cursor, at });
    if (step === undefined) throw noCollection(serving.larder, collection);
    moment = step.moment;
    return mapPage(step, (item) => formatItem(item, withMeta));
  });
  return answerPage(exchange, serving, page, moment === null ? {} : momentHeaders(moment));
}

type Step = (limit: number, cursor: string | null) => Page<string>;

function documentStep(collection: string, { larder }: Serving, query: Query): Step {
  const prefix = valueOf(query, PREFIX);
  const withMeta = valueOf(query, META);
  return (limit, cursor) => {
    const page = larder.list(collection, { limit, prefix, cursor });
    if (page === undefined) throw noCollection(larder, collection);
    return mapPage(page, (item) => formatItem(item, withMeta));
  };
}

function deletedStep(collection: string, { larder }: Serving, query: Query): Step {
  const other = [PREFIX, META].find(({ name }) => query.has(name));
  if (other !== undefined) throw new LarderError('bad_parameter', `${other.name} does not go with ${DELETED.name}`);
  return (limit, cursor) => {
    const page = larder.listDeleted(collection, { limit, cursor });
    if (page === undefined) throw noCollection(larder, collection);
    return mapPage(page, (item) => JSON.stringify(tellDeletion(item)));
  };
}

const noCollection = ({ versions }: Larder, collection: string): Error =>
  notFound(
    `collection ${collection}`,
    versions.near(collection) ??
      `GET /v1/${collection.split('/', 1)[0]} lists what is there; the first write makes a collection.`,
  );

import type { Context } from 'hono';
import { collectionOf } from '../request/addresses.ts';
import { answer, asBody } from '../answer/answers.ts';
import { isKnown } from '../request/entity-tags.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { momentHeaders } from '../answer/pages.ts';
import { SCHEMA_ID, type DocumentRef } from '../../core/refs.ts';
import type { At } from '../../core/requests.ts';
import type { Larder } from '../../larder-types.ts';
import { AT } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import { answerType, bodyType, JSON_TYPE } from '../request/media-types.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import { notFound } from '../answer/refusals.ts';
import type { Serving } from '../serving.ts';
import { answerWritten, WRITE_HEADERS, writeIntent } from '../answer/write-requests.ts';

const SCHEMA_TYPE = 'application/schema+json';

export const schemaRoutes = (serving: Serving): Route[] => [
  {
    method: 'GET',
    path: '/v1/:ns/:collection/_schema',
    summary: 'The JSON Schema in force, or as it was',
    parameters: [AT],
    requestHeaders: ['Accept', 'If-None-Match'],
    bodies: [],
    answers: [JSON_TYPE, SCHEMA_TYPE],
    statuses: [200, 304],
    handle: (c) => readSchema(c, serving),
  },
  {
    method: 'PUT',
    path: '/v1/:ns/:collection/_schema',
    summary: 'Writes `_schema.json`; one that cannot be used is refused',
    parameters: [],
    requestHeaders: WRITE_HEADERS,
    bodies: [JSON_TYPE, SCHEMA_TYPE],
    answers: [JSON_TYPE],
    statuses: [200, 201, 204],
    handle: (c) => putSchema(c, serving),
  },
];

async function readSchema({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const collection = collectionOf(env);
  const type = answerType(env.incoming.headers.accept, [JSON_TYPE, SCHEMA_TYPE]);
  const at = valueOf(env.target.query, AT);
  if (at !== null) return readSchemaAt(env, larder, { ref: { collection, id: SCHEMA_ID }, at, type });
  const schema = await larder.schema(collection);
  if (schema === null)
    throw notFound(`a schema of ${collection}`, `PUT /v1/${collection}/_schema, or save ${collection}/_schema.json.`);
  const headers: Record<string, string> = { 'Larder-Seq': String(larder.seq) };
  if (schema.etag !== null) headers['ETag'] = `"${schema.etag}"`;
  if (schema.problem !== null) headers['Larder-Problem'] = `${schema.problem.code}; id=${schema.problem.id}`;
  if (schema.etag !== null && isKnown(env.incoming.headers['if-none-match'], schema.etag))
    return answer(env, 304, headers, null);
  const body = schema.bytes === null ? `${JSON.stringify(schema.json, null, 2)}\n` : asBody(schema.bytes);
  return answer(env, 200, { 'Content-Type': type, ...headers }, body);
}

interface Past {
  readonly ref: DocumentRef;
  readonly at: At;
  readonly type: string;
}

async function readSchemaAt(exchange: Exchange, larder: Larder, { ref, at, type }: Past): Promise<Response> {
  const found = await larder.readAt(ref, at);
  if (found.kind !== 'served')
    throw notFound(
      `a schema of ${ref.collection} at that time`,
      `GET /v1/${ref.collection}/_history lists its changes.`,
    );
  const { bytes, etag, seq } = found;
  const headers = { 'Content-Type': type, ETag: `"${etag}"`, 'Larder-Seq': String(seq) };
  return answer(exchange, 200, { ...headers, ...momentHeaders(larder.versions.moment(at)) }, asBody(bytes));
}

async function putSchema({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  const collection = collectionOf(env);
  bodyType(env.incoming.headers, [JSON_TYPE, SCHEMA_TYPE]);
  const { who, preconditions, options, preferences } = writeIntent(env);
  const body = await readBody(env, config.bodyLimitBytes, clock);
  return answerWritten(env, await larder.putSchema(collection, body, who, preconditions, options), preferences);
}

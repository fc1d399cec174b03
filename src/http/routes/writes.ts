/** Writing documents: each through the one pipeline, answered once it is durable. */
import type { Context } from 'hono';
import type { Change } from '../../core/requests.ts';
import { documentsOf, documentOf } from '../request/addresses.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { bodyType, JSON_PATCH_TYPE, JSON_TYPE, PATCH_TYPES } from '../request/media-types.ts';
import { readBody } from '../request/request-body.ts';
import type { Method, Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { DOCUMENT_PATH } from './reads.ts';
import { answerWritten, WRITE_HEADERS, writeIntent } from '../answer/write-requests.ts';

const write = (
  method: Method,
  summary: string,
  bodies: readonly string[],
  statuses: readonly number[],
): Omit<Route, 'handle'> => ({
  method,
  path: DOCUMENT_PATH,
  summary,
  parameters: [],
  requestHeaders: WRITE_HEADERS,
  bodies,
  answers: bodies.length > 0 ? [JSON_TYPE] : [],
  statuses,
});

export const writeRoutes = (serving: Serving): Route[] => [
  {
    ...write('POST', 'Creates a document under an id from its body, or a new one', [JSON_TYPE], [201]),
    path: '/v1/:ns/:collection',
    handle: (c) => createDocument(c, serving),
  },
  {
    ...write('PUT', 'Writes the whole document', [JSON_TYPE], [200, 201, 204]),
    handle: (c) => putDocument(c, serving),
  },
  {
    ...write(
      'PATCH',
      'Changes a part: merge patch (RFC 7396; plain JSON is one too) or JSON Patch (RFC 6902)',
      PATCH_TYPES,
      [200, 204],
    ),
    handle: (c) => patchDocument(c, serving),
  },
  {
    ...write('DELETE', 'Deletes the document; its history stays', [], [204]),
    handle: (c) => deleteDocument(c, serving),
  },
];

async function createDocument({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  const collection = documentsOf(env);
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { who, options, preferences } = writeIntent(env);
  const written = await serving.larder.create(collection, await bodyOf(env, serving), who, options);
  return answerWritten(env, written, preferences);
}

function putDocument({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  bodyType(env.incoming.headers, [JSON_TYPE]);
  return writeDocument(env, serving, async () => ({ op: 'put', body: await bodyOf(env, serving) }));
}

function patchDocument({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  const type = bodyType(env.incoming.headers, PATCH_TYPES, 'Accept-Patch');
  const op = type === JSON_PATCH_TYPE ? 'json-patch' : 'merge-patch';
  return writeDocument(env, serving, async () => ({ op, body: await bodyOf(env, serving) }));
}

const deleteDocument = ({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> =>
  writeDocument(env, serving, () => Promise.resolve({ op: 'delete' }));

const bodyOf = (exchange: Exchange, { config, clock }: Serving): Promise<Buffer> =>
  readBody(exchange, config.bodyLimitBytes, clock);

async function writeDocument(
  exchange: Exchange,
  { larder }: Serving,
  changeOf: () => Promise<Change>,
): Promise<Response> {
  const ref = documentOf(exchange);
  const canMerge = exchange.incoming.method !== 'DELETE';
  const { who, preconditions, options, preferences } = writeIntent(exchange, canMerge ? ['merge'] : []);
  const change = await changeOf();
  const written = await larder.write({ ref, change, preconditions, merge: preferences.merge }, who, options);
  return answerWritten(exchange, written, preferences);
}

/** Reading documents, streams, and their versions. They answer during the first scan as well: each read looks at the disk. */
import type { Context } from 'hono';
import { missingThen, noVersion } from '../../core/not-there.ts';
import { isStreamId } from '../../core/refs.ts';
import { documentOf } from '../request/addresses.ts';
import type { HttpEnv } from '../exchange.ts';
import { answerType, JSON_TYPE, NDJSON_TYPE } from '../request/media-types.ts';
import { momentHeaders } from '../answer/pages.ts';
import { listVersions, versionNamed } from '../answer/told-history.ts';
import { AT, CURSOR, LIMIT } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import { answerDocument } from '../answer/served-documents.ts';
import type { Serving } from '../serving.ts';

export const DOCUMENT_PATH = '/v1/:ns/:collection/:id{.+}';

export const readRoutes = (serving: Serving): Route[] => [
  {
    method: 'GET',
    path: `${DOCUMENT_PATH}/_history`,
    summary: 'The versions of a document, newest first; of a deleted one too',
    parameters: [LIMIT, CURSOR],
    requestHeaders: ['Accept'],
    bodies: [],
    answers: [JSON_TYPE],
    statuses: [200],
    handle: ({ env }) => listVersions(env, serving, documentOf(env)),
  },
  {
    method: 'GET',
    path: `${DOCUMENT_PATH}/_history/:seq`,
    summary: 'The exact bytes of the version with this seq, whatever its kind',
    parameters: [],
    requestHeaders: ['If-None-Match', 'Range', 'If-Range'],
    bodies: [],
    answers: [JSON_TYPE, NDJSON_TYPE],
    statuses: [200, 206, 304],
    handle: (c) => readVersion(c, serving),
  },
  {
    method: 'GET',
    path: DOCUMENT_PATH,
    summary: 'The bytes of a document or stream, as fresh as the disk',
    parameters: [AT],
    requestHeaders: ['Accept', 'If-None-Match', 'Range', 'If-Range'],
    bodies: [],
    answers: [JSON_TYPE, NDJSON_TYPE],
    statuses: [200, 206, 304],
    handle: (c) => readDocument(c, serving),
  },
];

async function readDocument({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = documentOf(env);
  if (!isStreamId(ref.id)) answerType(env.incoming.headers.accept, [JSON_TYPE]);
  const at = valueOf(env.target.query, AT);
  if (at === null) return answerDocument(env, ref, await larder.read(ref));
  const found = await larder.readAt(ref, at);
  const moment = larder.versions.moment(at);
  if (found.kind === 'missing') throw missingThen(ref, found.hint, moment, momentHeaders(moment));
  return answerDocument(env, ref, found, momentHeaders(moment));
}

async function readVersion({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = documentOf(env);
  const seq = versionNamed(env, ref);
  const found = await larder.readVersion(ref, seq);
  if (found.kind === 'missing') throw noVersion(ref, seq);
  return answerDocument(env, ref, found);
}

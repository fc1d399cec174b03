/** Reading documents, streams, and their versions. They answer during the first scan as well: each read looks at the disk. */
import type { Context } from 'hono';
import { LarderError } from '../../core/errors.ts';
import { isStreamId, type DocumentRef } from '../../core/refs.ts';
import { tellVersion } from '../../core/told-versions.ts';
import type { Moment } from '../../larder-versions.ts';
import { documentOf } from '../request/addresses.ts';
import type { HttpEnv } from '../exchange.ts';
import { answerType, JSON_TYPE, NDJSON_TYPE } from '../request/media-types.ts';
import { answerPage, mapPage, momentHeaders } from '../answer/pages.ts';
import { beforeOf } from '../answer/cursors.ts';
import { AT, CURSOR, LIMIT, parseSeq } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import type { Route } from '../route.ts';
import { answerDocument, notFound } from '../answer/served-documents.ts';
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
    handle: (c) => listVersions(c, serving),
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
  if (found.kind === 'missing') throw missingThen(ref, found.hint, moment);
  return answerDocument(env, ref, found, momentHeaders(moment));
}

/** Where the time can mean a later moment as well, it may have been there then. */
function missingThen({ collection, id }: DocumentRef, hint: string | null, moment: Moment): LarderError {
  const { seq, isAmbiguous } = moment;
  const doubt = `It was not there after seq ${seq}, but the clock went back, and that time can mean a later moment: name a seq.`;
  return new LarderError('not_found', `${collection}/${id} is not there`, {
    members: { hint: isAmbiguous ? doubt : hint },
    headers: momentHeaders(moment),
  });
}

async function readVersion({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = documentOf(env);
  const seq = parseSeq(env.target.address?.operation[1] ?? '');
  const name = `${ref.collection}/${ref.id}`;
  const hint = `GET /v1/${name}/_history lists its versions.`;
  if (seq === null) throw notFound(`a version of ${name} with this name (its seq, a number, is its name)`, hint);
  const found = await larder.readVersion(ref, seq);
  if (found.kind === 'missing') throw notFound(`version ${seq} of ${name}`, hint);
  return answerDocument(env, ref, found);
}

function listVersions({ env }: Context<HttpEnv>, serving: Serving): Response {
  const ref = documentOf(env);
  const { query } = env.target;
  const page = serving.larder.history(ref, { before: beforeOf(env), limit: valueOf(query, LIMIT) });
  if (page === undefined) throw notFound(`${ref.collection}/${ref.id}`, 'It has no history either.');
  return answerPage(
    env,
    serving,
    mapPage(page, (item) => JSON.stringify(tellVersion(item))),
  );
}

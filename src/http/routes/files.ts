/** Files below `files/`: any bytes, and what they were. */
import type { Context } from 'hono';
import { missingThen, noVersion } from '../../core/not-there.ts';
import type { DocumentRef } from '../../core/refs.ts';
import type { At } from '../../core/requests.ts';
import type { Larder } from '../../larder-types.ts';
import { momentHeaders } from '../answer/pages.ts';
import { answerDiff, listVersions, revertAsked, versionNamed } from '../answer/told-history.ts';
import { fileOf, fileRefOf } from '../request/addresses.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { JSON_PATCH_TYPE, JSON_TYPE, refuseEncoded, TEXT_TYPE } from '../request/media-types.ts';
import { AT, CURSOR, FROM, LIMIT, TO } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';
import { answerFile } from '../answer/served-files.ts';
import { answerWritten, WRITE_HEADERS, writeIntent } from '../answer/write-requests.ts';

const FILE = '/v1/:ns/files/:path{.+}';

/** A file need not be JSON: unless asked otherwise its changes are told as text. */
const DIFF_TYPES = [TEXT_TYPE, JSON_PATCH_TYPE, JSON_TYPE] as const;

export const fileVersionRoutes = (serving: Serving): Route[] => [
  {
    method: 'GET',
    path: `${FILE}/_history`,
    summary: 'The versions of a file, newest first; of a deleted one too',
    parameters: [LIMIT, CURSOR],
    requestHeaders: ['Accept'],
    bodies: [],
    answers: [JSON_TYPE],
    statuses: [200],
    handle: ({ env }) => listVersions(env, serving, fileRefOf(env)),
  },
  {
    method: 'GET',
    path: `${FILE}/_history/:seq`,
    summary: 'The exact bytes of the version of a file with this seq',
    parameters: [],
    requestHeaders: ['If-None-Match', 'Range', 'If-Range'],
    bodies: [],
    answers: ['*/*'],
    statuses: [200, 206, 304],
    handle: (c) => readFileVersion(c, serving),
  },
  {
    method: 'GET',
    path: `${FILE}/_diff`,
    summary: 'What changed between two versions of a file: unified text, or sizes and digests where they are no text',
    parameters: [FROM, TO],
    requestHeaders: ['Accept'],
    bodies: [],
    answers: DIFF_TYPES,
    statuses: [200],
    handle: ({ env }) => answerDiff(env, serving, fileRefOf(env), DIFF_TYPES),
  },
  {
    method: 'POST',
    path: `${FILE}/_revert`,
    summary: 'Puts an earlier version of a file back, of a deleted one too',
    parameters: [],
    requestHeaders: WRITE_HEADERS,
    bodies: [JSON_TYPE],
    answers: [],
    statuses: [201, 204],
    handle: (c) => revertFile(c, serving),
  },
];

export const fileRoutes = (serving: Serving): Route[] => [
  {
    method: 'GET',
    path: FILE,
    summary: 'The bytes of a file, as they are or as they were',
    parameters: [AT],
    requestHeaders: ['If-None-Match', 'Range', 'If-Range'],
    bodies: [],
    answers: ['*/*'],
    statuses: [200, 206, 304],
    handle: (c) => readFile(c, serving),
  },
  {
    method: 'PUT',
    path: FILE,
    summary: 'Writes a file',
    parameters: [],
    requestHeaders: WRITE_HEADERS,
    bodies: ['*/*'],
    answers: [],
    statuses: [201, 204],
    handle: (c) => putFile(c, serving),
  },
  {
    method: 'DELETE',
    path: FILE,
    summary: 'Deletes a file',
    parameters: [],
    requestHeaders: WRITE_HEADERS,
    bodies: [],
    answers: [],
    statuses: [204],
    handle: (c) => deleteFile(c, serving),
  },
];

async function readFile({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = fileRefOf(env);
  const at = valueOf(env.target.query, AT);
  if (at !== null) return readFileThen(env, larder, ref, at);
  const { namespace, path } = fileOf(env);
  return answerFile(env, ref, await larder.openFile(namespace, path));
}

async function readFileThen(exchange: Exchange, { versions }: Larder, ref: DocumentRef, at: At): Promise<Response> {
  const found = await versions.fileAt(ref, at);
  const moment = versions.moment(at);
  if (found.kind === 'missing') throw missingThen(ref, found.hint, moment, momentHeaders(moment));
  return answerFile(exchange, ref, found, momentHeaders(moment));
}

async function readFileVersion({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const ref = fileRefOf(env);
  const seq = versionNamed(env, ref);
  const found = await larder.versions.fileVersion(ref, seq);
  if (found.kind === 'missing') throw noVersion(ref, seq);
  return answerFile(env, ref, found);
}

async function revertFile({ env }: Context<HttpEnv>, serving: Serving): Promise<Response> {
  const { written, preferences } = await revertAsked(env, serving, fileRefOf(env));
  return answerWritten(env, written, { ...preferences, return: 'minimal' });
}

async function putFile({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  const { namespace, path } = fileOf(env);
  refuseEncoded(env.incoming.headers);
  const { who, preconditions, options, preferences } = writeIntent(env);
  const bytes = await readBody(env, config.bodyLimitBytes, clock);
  const written = await larder.putFile(namespace, path, bytes, who, preconditions, options);
  return answerWritten(env, written, { ...preferences, return: 'minimal' });
}

async function deleteFile({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const { namespace, path } = fileOf(env);
  const { who, preconditions, options, preferences } = writeIntent(env);
  return answerWritten(env, await larder.deleteFile(namespace, path, who, preconditions, options), preferences);
}

import type { Context } from 'hono';
import { pathOfFile } from '../../core/refs.ts';
import { fileOf } from '../request/addresses.ts';
import type { HttpEnv } from '../exchange.ts';
import { refuseEncoded } from '../request/media-types.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import { notFound, notServable } from '../answer/served-documents.ts';
import type { Serving } from '../serving.ts';
import { answerFile } from '../answer/served-files.ts';
import { answerWritten, WRITE_HEADERS, writeIntent } from '../answer/write-requests.ts';

const FILE = '/v1/:ns/files/:path{.+}';

export const fileRoutes = (serving: Serving): Route[] => [
  {
    method: 'GET',
    path: FILE,
    summary: 'The bytes of a file',
    parameters: [],
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
  const { namespace, path } = fileOf(env);
  const found = await larder.openFile(namespace, path);
  if (found.kind === 'problem') throw notServable(pathOfFile(namespace, path), found.problem);
  if (found.kind === 'missing') throw notFound(`${namespace}/files/${path}`, found.hint);
  return answerFile(env, path, found);
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

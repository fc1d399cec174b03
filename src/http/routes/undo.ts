/** `_undo`: takes back what somebody did. */
import type { Context } from 'hono';
import { z } from 'zod';
import { documentRef, parseAddress } from '../../core/url-paths.ts';
import { LarderError } from '../../core/errors.ts';
import { FILES } from '../../core/refs.ts';
import { answerJson } from '../answer/answers.ts';
import { writeIntent } from '../answer/write-requests.ts';
import type { HttpEnv } from '../exchange.ts';
import { parseBody } from '../request/json-body.ts';
import { bodyType, JSON_TYPE } from '../request/media-types.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

export const undoRoutes = (serving: Serving): Route[] => [
  {
    method: 'POST',
    path: '/v1/_undo',
    summary: 'Takes back a change set, or what an actor, a session or everybody did, as one change set',
    parameters: [],
    requestHeaders: ['Prefer', 'Larder-Session'],
    bodies: [JSON_TYPE],
    answers: [JSON_TYPE],
    statuses: [200],
    handle: (c) => answerUndo(c, serving),
  },
];

const name = z.string().min(1, 'must not be empty').max(500, 'is too long');
const seq = z.int('must be a seq').min(0, 'must be a seq');

const UNDO = z.object({
  change_set: name.optional(),
  actor: name.optional(),
  session: name.optional(),
  since: z.union([seq, z.string()], 'must be a seq or an RFC 3339 time').optional(),
  to_seq: seq.optional(),
  collection: name.optional(),
  document: name.optional(),
});

async function answerUndo({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { who, options, preferences } = writeIntent(env);
  const request = parseBody(await readBody(env, config.bodyLimitBytes, clock), UNDO);
  checkNames(request);
  const undone = await larder.versions.undo(request, who, options);
  const headers: Record<string, string> = { 'Larder-Seq': String(larder.seq) };
  if (preferences.applied.length > 0) headers['Preference-Applied'] = preferences.applied.join(', ');
  if (undone.change_set !== null) headers['Larder-Change-Set'] = undone.change_set;
  headers['Larder-Durability'] = larder.durability;
  return answerJson(env, undone, headers);
}

/** Names as everywhere: what could not be a collection or an id is refused as such. */
function checkNames({ collection, document }: z.infer<typeof UNDO>): void {
  if (collection === undefined) return;
  const raw = collection.split('/').map(encodeURIComponent);
  const address = parseAddress(raw);
  if (address.kind !== 'collection' || address.operation.length > 0)
    throw new LarderError('bad_request', 'collection is named as namespace/collection');
  if (document !== undefined && !collection.endsWith(`/${FILES}`)) documentRef(collection, document);
}

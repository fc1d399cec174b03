/** What looks after the root: long work that tells its progress line by line. */
import type { Context } from 'hono';
import * as z from 'zod';
import { answer, answerJson } from '../answer/answers.ts';
import { resume } from '../bulk/bulk-results.ts';
import { saidLines } from '../answer/said-lines.ts';
import { streamTexts } from '../answer/streams.ts';
import { writeIntent } from '../answer/write-requests.ts';
import type { HttpEnv } from '../exchange.ts';
import { parseBody } from '../request/json-body.ts';
import { bodyType, JSON_TYPE, NDJSON_TYPE } from '../request/media-types.ts';
import { preferencesOf } from '../request/preferences.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

const work = { method: 'POST', parameters: [], requestHeaders: [], bodies: [], statuses: [200] } as const;

export const maintenanceRoutes = (serving: Serving): Route[] => [
  {
    ...work,
    path: '/v1/_verify',
    summary: 'Proves that files, log, catalog and text index agree: progress, findings, a summary',
    answers: [NDJSON_TYPE],
    handle: (c) => answerVerify(c, serving),
  },
  {
    ...work,
    path: '/v1/_prune',
    summary: 'Thins the history as collections and configuration say',
    requestHeaders: ['Prefer'],
    answers: [JSON_TYPE],
    handle: (c) => answerPrune(c, serving),
  },
  {
    ...work,
    path: '/v1/_forget',
    summary: 'Removes the bytes of earlier versions of a file at once',
    requestHeaders: ['Prefer'],
    bodies: [JSON_TYPE],
    answers: [JSON_TYPE],
    handle: (c) => answerForget(c, serving),
  },
  {
    ...work,
    path: '/v1/_normalise',
    summary: 'Lays documents out anew, as one change set; their values stay',
    requestHeaders: ['Prefer', 'Larder-Session'],
    bodies: [JSON_TYPE],
    answers: [JSON_TYPE],
    handle: (c) => answerNormalise(c, serving),
  },
];

const INDENT = 'must be 1 to 8 spaces, or "tab"';

const NORMALISE = z.object({
  paths: z.array(z.string('must be a path below the root'), 'must be a list of paths').optional(),
  indent: z.union([z.int().min(1).max(8), z.literal('tab')], INDENT).optional(),
});

async function answerNormalise({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { who, options, preferences } = writeIntent(env);
  const { paths = [], indent = 2 } = parseBody(await readBody(env, config.bodyLimitBytes, clock), NORMALISE);
  const report = await larder.maintenance.normalise({ paths, indent, dryRun: options.dryRun ?? false }, who);
  return answerJson(env, report, appliedHeaders(preferences.applied));
}

async function answerPrune({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const { dryRun, applied } = preferencesOf(env.incoming.headers, ['tx']);
  const report = await larder.maintenance.prune({ dryRun });
  return answerJson(env, report, appliedHeaders(applied));
}

const SEQS = 'must be a list of seqs';

const FORGET = z.object({
  path: z.string('must be a path below the root').min(1, 'must be a path below the root'),
  seq: z.int('must be the seq of a version').min(1, 'must be the seq of a version').optional(),
  only: z.array(z.int(SEQS).min(1, SEQS), SEQS).optional(),
});

async function answerForget({ env }: Context<HttpEnv>, { larder, config, clock }: Serving): Promise<Response> {
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { dryRun, applied } = preferencesOf(env.incoming.headers, ['tx']);
  const { path, seq, only } = parseBody(await readBody(env, config.bodyLimitBytes, clock), FORGET);
  const report = await larder.maintenance.forget(path, seq ?? null, { dryRun, ...(only && { only }) });
  return answerJson(env, report, appliedHeaders(applied));
}

const appliedHeaders = (applied: readonly string[]): Record<string, string> =>
  applied.length > 0 ? { 'Preference-Applied': applied.join(', ') } : {};

async function answerVerify({ env }: Context<HttpEnv>, { larder }: Serving): Promise<Response> {
  const lines = saidLines((say) =>
    larder.maintenance
      .verify({ finding: (finding) => say({ finding }), progress: (progress) => say({ progress }, 'lossy') })
      .then((summary) => say({ summary })),
  );
  // A refusal comes before the first line, as a problem of the request.
  const first = await lines.next();
  return answer(env, 200, { 'Content-Type': NDJSON_TYPE }, streamTexts(resume(first, lines)));
}

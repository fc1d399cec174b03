/** What looks after the root: long work that tells its progress line by line. */
import type { Context } from 'hono';
import { answer } from '../answer/answers.ts';
import { resume } from '../bulk/bulk-results.ts';
import { saidLines } from '../answer/said-lines.ts';
import { streamTexts } from '../answer/streams.ts';
import type { HttpEnv } from '../exchange.ts';
import { NDJSON_TYPE } from '../request/media-types.ts';
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
];

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

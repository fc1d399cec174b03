/** For supervisors and monitoring. The reasons are told to those who need no key. */
import type { Context } from 'hono';
import { answer, answerJson } from '../answer/answers.ts';
import type { HttpEnv } from '../exchange.ts';
import { JSON_TYPE } from '../request/media-types.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

const health = { method: 'GET', parameters: [], requestHeaders: [], bodies: [], statuses: [200] } as const;

export const healthRoutes = (serving: Serving): Route[] => [
  {
    ...health,
    path: '/livez',
    summary: 'Answers while the process runs',
    answers: [JSON_TYPE],
    handle: ({ env }) => answerJson(env, { status: 'live' }),
  },
  {
    ...health,
    path: '/readyz',
    summary: 'Whether the first scan is done, with its progress, and what to know otherwise',
    answers: [JSON_TYPE],
    statuses: [200, 503],
    handle: (c) => answerReadiness(c, serving),
  },
  {
    ...health,
    path: '/metrics',
    summary: 'Figures in the text format of Prometheus',
    answers: ['text/plain'],
    handle: (c) => answerMetrics(c, serving),
  },
];

/** 503 is a plain answer here, not a problem: supervisors read the status, people the reasons. */
function answerReadiness({ env }: Context<HttpEnv>, { larder, stopping }: Serving): Response {
  const { ready, reasons, durability, scan } = larder.readiness();
  const isReady = ready && !stopping.aborted;
  const report = {
    status: isReady ? 'ready' : 'not ready',
    ...(env.trusted && { reasons, durability, scan, history: historyOf(larder) }),
  };
  const retry: Record<string, string> = isReady ? {} : { 'Retry-After': '1' };
  return answer(env, isReady ? 200 : 503, { 'Content-Type': JSON_TYPE, ...retry }, `${JSON.stringify(report)}\n`);
}

function historyOf({ maintenance }: Serving['larder']): object {
  const { logBytes, blobBytes, freeBytes, totalBytes } = maintenance.history();
  return { log_bytes: logBytes, blob_bytes: blobBytes, free_bytes: freeBytes, total_bytes: totalBytes };
}

async function answerMetrics({ env }: Context<HttpEnv>, { metrics }: Serving): Promise<Response> {
  return answer(env, 200, { 'Content-Type': metrics.contentType }, await metrics.metrics());
}

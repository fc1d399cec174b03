/** What Larder says about itself: the front page, the OpenAPI document, and the page rendered from it. */
import type { Context } from 'hono';
import { answer, answerJson } from '../answer/answers.ts';
import { DOCS_PAGE, EXPLORER_PATH, openExplorer, PAGE_POLICY } from '../reference/docs-page.ts';
import type { HttpEnv } from '../exchange.ts';
import { answerType, JSON_TYPE } from '../request/media-types.ts';
import { openApiText } from '../reference/openapi-text.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

const page = { method: 'GET', parameters: [], requestHeaders: [], bodies: [], statuses: [200] } as const;
const HTML_TYPE = 'text/html; charset=utf-8';

/** `routes` gives all routes, these ones included, when it is asked. */
export function referenceRoutes(serving: Serving, routes: () => readonly Route[]): Route[] {
  const explorer = openExplorer(serving.fileSystem);
  const openApi = openApiText(serving.larder, routes);
  return [
    {
      ...page,
      path: '/',
      summary: 'Where to go',
      requestHeaders: ['Accept'],
      answers: [JSON_TYPE, 'text/html'],
      handle: answerFront,
    },
    {
      ...page,
      path: '/openapi.json',
      summary: 'This description: OpenAPI 3.1, with one set of paths for each collection',
      answers: [JSON_TYPE],
      handle: async ({ env }) => answer(env, 200, { 'Content-Type': JSON_TYPE }, await openApi()),
    },
    {
      ...page,
      path: '/docs',
      summary: 'The reference as a page',
      answers: ['text/html'],
      handle: ({ env }) =>
        answer(env, 200, { 'Content-Type': HTML_TYPE, 'Content-Security-Policy': PAGE_POLICY }, DOCS_PAGE),
    },
    {
      ...page,
      path: EXPLORER_PATH,
      summary: 'The script of that page',
      answers: ['text/javascript'],
      handle: ({ env }) => answer(env, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }, explorer()),
    },
  ];
}

const places = {
  data: '/v1',
  changes: '/v1/_changes',
  problems: '/v1/_problems',
  reference: '/docs',
  openapi: '/openapi.json',
  ready: '/readyz',
  metrics: '/metrics',
};

function answerFront({ env }: Context<HttpEnv>): Response {
  const type = answerType(env.incoming.headers.accept, [JSON_TYPE, 'text/html']);
  if (type === JSON_TYPE) return answerJson(env, { name: 'larder', ...places });
  const links = Object.entries(places).map(([name, path]) => `<li>${name}: <a href="${path}">${path}</a></li>`);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Larder</title><link rel="icon" href="data:,"><h1>Larder</h1><ul>${links.join('')}</ul></html>\n`;
  return answer(env, 200, { 'Content-Type': HTML_TYPE, 'Content-Security-Policy': PAGE_POLICY }, html);
}

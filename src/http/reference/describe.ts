/** The OpenAPI description of the routes that exist whatever collections there are, made of the route table. */
import { Hono } from 'hono';
import { describeRoute, generateSpecs } from 'hono-openapi';
import { VERSION } from '../../version.ts';
import { displayPath, type Route } from '../route.ts';

/** An OpenAPI document (3.1), as far as we build one. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, unknown>>;
  readonly components?: Readonly<Record<string, unknown>>;
}

type Documentation = NonNullable<NonNullable<Parameters<typeof generateSpecs>[1]>['documentation']>;
type Schemas = NonNullable<NonNullable<Documentation['components']>['schemas']>;
type Description = Parameters<typeof describeRoute>[0];
type Responses = NonNullable<Description['responses']>;

/** A second application takes the descriptions, so that the one which serves does not pass through them at each request. */
export async function describeRoutes(routes: readonly Route[]): Promise<OpenApi> {
  const described = new Hono();
  for (const route of routes) described.on(route.method, route.path, describeRoute(descriptionOf(route)));
  const document = await generateSpecs(described, {
    documentation: {
      info: { title: 'Larder', version: VERSION, description: INTRODUCTION },
      tags: TAGS.map((name) => ({ name })),
      components: { schemas: { Problem: PROBLEM } },
    },
    excludeStaticFile: false,
  });
  return document;
}

function descriptionOf(route: Route): Description {
  return {
    operationId: `${route.method.toLowerCase()} ${displayPath(route.path)}`.replaceAll(/\W+/g, '_'),
    summary: route.summary,
    tags: [tagOf(route.path)],
    parameters: [
      ...route.parameters.map(queryParameter),
      ...route.requestHeaders.filter(isDescribed).map(headerParameter),
    ],
    ...(route.bodies.length > 0 && { requestBody: { required: true, content: contentOf(route.bodies) } }),
    responses: responsesOf(route),
  };
}

const TAGS = ['Documents', 'Feed', 'History', 'Files', 'Schemas and problems', 'Service'] as const;

function tagOf(path: string): (typeof TAGS)[number] {
  if (!path.startsWith('/v1') || /\/_(?:verify|prune|forget|normalise)$/.test(path)) return 'Service';
  if (path.includes('/_changes')) return 'Feed';
  if (/\/_(?:history|diff|revert|undo)\b/.test(path)) return 'History';
  if (path.includes('/files/')) return 'Files';
  return /\/_(?:schema|problems)$/.test(path) ? 'Schemas and problems' : 'Documents';
}

const INTRODUCTION = [
  'Larder serves a directory of plain JSON files. The files are the truth: a document is answered with the bytes of its',
  'file, and what is edited by hand is served by the next read. Refusals are problem documents (RFC 9457) with a stable',
  '`code`.',
].join(' ');

const queryParameter = ({ name, description, schema }: Route['parameters'][number]) =>
  ({ in: 'query', name, description, required: false, schema }) as const;

/** OpenAPI tells `Accept` by the media types of the answers. */
const isDescribed = (header: string): boolean => header !== 'Accept';

const headerParameter = (name: string) =>
  ({ in: 'header', name, required: false, schema: { type: 'string' } }) as const;

const contentOf = (types: readonly string[]): Record<string, object> =>
  Object.fromEntries(types.map((type) => [type, {}]));

const meanings: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done, nothing to show',
  206: 'The range',
  304: 'The client has this version',
  503: 'Not ready',
};

const PROBLEM: Schemas[string] = {
  type: 'object',
  description: 'RFC 9457. `code` is stable; docs/errors.md lists the codes.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: 'string' },
    request_id: { type: 'string' },
    errors: { type: 'array', items: { type: 'object' } },
  },
};

function responsesOf({ statuses, answers }: Route): Responses {
  const refusal = {
    description: 'Refused',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const told = statuses.map((status) => [
    status,
    { description: meanings[status] ?? 'Done', ...(hasBody(status) && { content: contentOf(answers) }) },
  ]);
  return Object.fromEntries([...told, ['default', refusal]]) as Responses;
}

const hasBody = (status: number): boolean => status !== 204 && status !== 304;

/** The written reference is held against the routes and the catalogue of errors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import type { Cause, Op } from '../../src/core/events.ts';
import type { ProblemCode } from '../../src/core/problems.ts';
import { openWorld } from './world.ts';

const docs = join(import.meta.dirname, '../../docs');
const reference = readFileSync(join(docs, 'http.md'), 'utf8');

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

async function operations(): Promise<[route: string, operation: Operation][]> {
  await using world = await openWorld();
  const { paths } = (await world.get('/openapi.json')).json as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

const byText = (a = '', b = ''): number => a.localeCompare(b);

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** In a code span. */
const isTold = (word: string): boolean =>
  new RegExp(`\`[^\`\\n]*(?<![\\w-])${escapeRegExp(word)}(?![\\w-])[^\`\\n]*\``).test(reference);

test('every route is in the reference, and every route of the reference is offered', async () => {
  const offered = (await operations()).map(([route]) => route);
  const told = [...reference.matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, route]) => route);
  expect(told.toSorted((a, b) => byText(a, b))).toEqual(offered.toSorted((a, b) => byText(a, b)));
});

test('every parameter, request header and media type of a route is in the reference', async () => {
  const all = (await operations()).map(([, operation]) => operation);
  const parameters = all.flatMap(({ parameters = [] }) =>
    parameters.filter((one) => one.in !== 'path').map(({ name }) => name),
  );
  const types = all.flatMap(({ requestBody, responses }) =>
    [requestBody, ...Object.values(responses)].flatMap((one) => Object.keys(one?.content ?? {})),
  );
  const known = ['application/problem+json', 'text/html', 'text/javascript', 'text/plain', '*/*'];
  const names = new Set([...parameters, ...types].filter((name) => !known.includes(name)));
  expect(names.size).toBeGreaterThan(15);
  expect([...names].filter((name) => !isTold(name))).toEqual([]);
});

test('every parameter of the reference is taken somewhere', async () => {
  const taken = (await operations()).flatMap(([, { parameters = [] }]) => parameters.map(({ name }) => name));
  const told = [...reference.matchAll(/^\| `(_\w+)` \|/gm)].map(([, name]) => name);
  expect(told.toSorted((a, b) => byText(a, b))).toEqual(
    [...new Set(taken.filter((name) => name.startsWith('_')))].toSorted((a, b) => byText(a, b)),
  );
});

/** Spelled out, so that a new word does not compile until somebody has thought of the reference. */
const ops: Record<Op, true> = {
  create: true,
  update: true,
  delete: true,
  move: true,
  problem: true,
  resolved: true,
  schema: true,
};
const causes: Record<Cause, true> = { api: true, hand: true, restore: true, job: true, agent: true, import: true };
const marks: Record<Exclude<ProblemCode, 'warning'>, true> = {
  invalid: true,
  pending: true,
  absent: true,
  held: true,
  unrecorded: true,
  rescued: true,
  conflict: true,
  rotten: true,
  unreadable: true,
  name: true,
  'schema-unreliable': true,
};
const headers = [
  'ETag',
  'Last-Modified',
  'Larder-Seq',
  'Larder-Problem',
  'Larder-Request-Id',
  'Larder-Change-Set',
  'Larder-Durability',
  'Larder-Log',
  'Larder-At',
  'Larder-From',
  'Larder-To',
  'Location',
  'Preference-Applied',
  'Link',
  'Allow',
  'Content-Range',
  'Retry-After',
];

test.each([
  ...Object.keys(ops),
  ...Object.keys(causes),
  ...Object.keys(marks),
  ...headers,
  'up-to-date',
  'must-refetch',
])('the reference tells of %s', (word) => {
  expect(isTold(word)).toBe(true);
});

test('every metric of Larder is in the reference', async () => {
  await using world = await openWorld();
  await world.get('/v1');
  const { text } = await world.get('/metrics');
  const names = [...text.matchAll(/^# TYPE (larder_\w+)/gm)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
});

test('the catalogue of errors is in the documentation as it is in the code', () => {
  const rows = readFileSync(join(docs, 'errors.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(
    Object.entries(ERRORS).map(
      ([code, { status, exit, title, hint }]) => `| \`${code}\` | ${status} | ${exit} | ${title} | ${hint} |`,
    ),
  );
});

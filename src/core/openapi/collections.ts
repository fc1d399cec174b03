/** The paths of each collection, with its schema: what a client generator and a reader of the docs want to see. */
import { componentPointer, embedSchema } from './embedded-schema.ts';

export interface CollectionSchema {
  readonly collection: string;
  /** JSON Schema 2020-12; null where a collection has none. */
  readonly json: unknown;
}

export interface CollectionDescriptions {
  readonly paths: Readonly<Record<string, object>>;
  readonly schemas: Readonly<Record<string, unknown>>;
}

export function describeCollections(collections: readonly CollectionSchema[]): CollectionDescriptions {
  const names = componentNames(collections);
  const paths = collections.flatMap(({ collection }) => pathsOf(collection, names.get(collection) ?? collection));
  const schemas = collections.map(({ collection, json }) => {
    const name = names.get(collection) ?? collection;
    return [name, json === null ? { type: 'object' } : embedSchema(json, componentPointer(name))];
  });
  return { paths: Object.fromEntries(paths), schemas: Object.fromEntries(schemas) };
}

/** Component names may hold letters, digits, `.`, `-` and `_` only (OpenAPI 3.1, 4.8.7). */
function componentNames(collections: readonly CollectionSchema[]): ReadonlyMap<string, string> {
  const taken = new Set(['Problem']);
  return new Map(
    collections.map(({ collection }) => {
      const plain = collection.replace('/', '.').replaceAll(/[^\w.-]/g, '_');
      let name = plain;
      for (let number = 2; taken.has(name); number++) name = `${plain}_${number}`;
      taken.add(name);
      return [collection, name];
    }),
  );
}

const PROBLEM = {
  description: 'Refused',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const ID = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string' },
  description: 'May hold / for folders',
};
const IF_MATCH = { name: 'If-Match', in: 'header', schema: { type: 'string' }, description: 'Only over this version' };
const PREFER = { name: 'Prefer', in: 'header', schema: { type: 'string' }, description: 'return=minimal, tx=rollback' };

const encode = (collection: string): string => collection.split('/').map(encodeURIComponent).join('/');

function pathsOf(collection: string, name: string): [string, object][] {
  const document = { $ref: componentPointer(name) };
  const path = `/v1/${encode(collection)}`;
  return [
    [path, { get: listOf(name, collection, document), post: createIn(name, collection, document) }],
    [`${path}/{id}`, { parameters: [ID], ...documentOperations(name, collection, document) }],
  ];
}

const operation = (name: string, verb: string, collection: string, rest: object): object => ({
  operationId: `${verb}_${name}`,
  tags: [collection],
  ...rest,
});

const json = (schema: object): object => ({ 'application/json': { schema } });

const answers = (status: number, description: string, content?: object): object => ({
  [status]: { description, ...(content && { content }) },
  default: PROBLEM,
});

function listOf(name: string, collection: string, document: object): object {
  const item = { allOf: [document, { type: 'object', required: ['_id'], properties: { _id: { type: 'string' } } }] };
  const page = {
    type: 'object',
    required: ['items', 'next'],
    properties: { items: { type: 'array', items: item }, next: { type: ['string', 'null'] } },
  };
  const parameters = ['_limit', '_prefix', '_cursor'].map((parameter) => ({
    name: parameter,
    in: 'query',
    schema: { type: 'string' },
  }));
  return operation(name, 'list', collection, {
    summary: `List ${collection}`,
    parameters,
    responses: answers(200, 'One page', json(page)),
  });
}

const createIn = (name: string, collection: string, document: object): object =>
  operation(name, 'create', collection, {
    summary: `Add a document to ${collection}`,
    parameters: [PREFER],
    requestBody: { required: true, content: json(document) },
    responses: answers(201, 'Created', json(document)),
  });

function documentOperations(name: string, collection: string, document: object): object {
  const change = { parameters: [IF_MATCH, PREFER] };
  return {
    get: operation(name, 'get', collection, {
      summary: 'The bytes of the file',
      responses: answers(200, 'The document', json(document)),
    }),
    put: operation(name, 'put', collection, {
      ...change,
      summary: 'Replace, or create',
      requestBody: { required: true, content: json(document) },
      responses: answers(200, 'Replaced', json(document)),
    }),
    patch: operation(name, 'patch', collection, {
      ...change,
      summary: 'Change in part (RFC 7396, RFC 6902)',
      requestBody: { required: true, content: PATCHES },
      responses: answers(200, 'Changed', json(document)),
    }),
    delete: operation(name, 'delete', collection, {
      ...change,
      summary: 'Delete; the history keeps it',
      responses: answers(204, 'Deleted'),
    }),
  };
}

const PATCHES = {
  'application/merge-patch+json': { schema: { type: 'object' } },
  'application/json-patch+json': { schema: { type: 'array', items: { type: 'object' } } },
};

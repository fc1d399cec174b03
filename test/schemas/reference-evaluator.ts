/**
 * JSON Schema 2020-12 as its text says it, without a thought for speed: what Ajv is held against. It shares only the
 * resolution of references with the product, and proves itself on the mandatory test suite.
 */
import { isDeepStrictEqual } from 'node:util';
import { below } from '../../src/core/json/pointer.ts';
import type { Schema, SchemaObject } from '../../src/core/schemas/keywords.ts';
import { META_SCHEMA, type Linked } from '../../src/core/schemas/references.ts';
import { linkedMetaSchema } from '../../src/core/schemas/meta-schema.ts';

/** The members, or the items, that some schema has looked at; null when the value does not fit. */
type Evaluated = ReadonlySet<string> | null;

interface At {
  readonly linked: Linked;
  readonly place: string;
  readonly schema: SchemaObject;
}

export const fits = (linked: Linked, value: unknown): boolean => evaluate(linked, '', value) !== null;

function evaluate(linked: Linked, place: string, value: unknown): Evaluated {
  const schema: Schema = linked.schemaByPlace.get(place) ?? true;
  if (typeof schema === 'boolean') return schema ? new Set() : null;
  const at: At = { linked, place, schema };
  if (!assertionsHold(schema, value)) return null;
  const parts = [...inPlace(at, value), ...Object.keys(CHILDREN).map((keyword) => CHILDREN[keyword]?.(at, value))];
  if (parts.includes(null)) return null;
  const evaluated = union(parts);
  return unevaluated(at, value, evaluated);
}

const union = (parts: readonly (Evaluated | undefined)[]): Set<string> =>
  new Set(parts.flatMap((part) => [...(part ?? [])]));

const sub = ({ linked, place }: At, tokens: readonly (string | number)[], value: unknown): Evaluated =>
  evaluate(linked, tokens.reduce<string>(below, place), value);

function inPlace(at: At, value: unknown): Evaluated[] {
  const { schema } = at;
  const results: Evaluated[] = ['$ref', '$dynamicRef']
    .filter((name) => name in schema)
    .map((name) => reference(at, name, value));
  const each = (name: string): Evaluated[] => list(schema[name]).map((_, index) => sub(at, [name, index], value));
  results.push(...each('allOf'));
  if ('anyOf' in schema) results.push(each('anyOf').some(Boolean) ? union(each('anyOf')) : null);
  if ('oneOf' in schema) results.push(each('oneOf').filter(Boolean).length === 1 ? union(each('oneOf')) : null);
  if ('not' in schema) results.push(sub(at, ['not'], value) === null ? new Set() : null);
  if ('if' in schema) results.push(...condition(at, value));
  for (const name of Object.keys(object(schema['dependentSchemas'])))
    if (isObject(value) && Object.hasOwn(value, name)) results.push(sub(at, ['dependentSchemas', name], value));
  return results;
}

function reference({ linked, place }: At, keyword: string, value: unknown): Evaluated {
  const target = linked.targetByPlace.get(below(place, keyword)) ?? '';
  return target === META_SCHEMA ? evaluate(linkedMetaSchema(), '', value) : evaluate(linked, target, value);
}

function condition(at: At, value: unknown): Evaluated[] {
  const met = sub(at, ['if'], value);
  const branch = met === null ? 'else' : 'then';
  return [met ?? new Set<string>(), branch in at.schema ? sub(at, [branch], value) : new Set<string>()];
}

type Applicator = (at: At, value: unknown) => Evaluated;

/** Keywords that look at members or items, and answer which. */
const CHILDREN: Readonly<Record<string, Applicator>> = {
  properties: (at, value) =>
    members(
      at,
      value,
      'properties',
      (name) => Object.hasOwn(object(at.schema['properties']), name) && ['properties', name],
    ),
  patternProperties: (at, value) =>
    union2(
      Object.keys(object(at.schema['patternProperties'])).map((pattern) =>
        members(
          at,
          value,
          'patternProperties',
          (name) => new RegExp(pattern, 'u').test(name) && ['patternProperties', pattern],
        ),
      ),
    ),
  additionalProperties: (at, value) => {
    const patterns = Object.keys(object(at.schema['patternProperties'])).map((pattern) => new RegExp(pattern, 'u'));
    const known = (name: string): boolean =>
      Object.hasOwn(object(at.schema['properties']), name) || patterns.some((pattern) => pattern.test(name));
    return members(at, value, 'additionalProperties', (name) => !known(name) && ['additionalProperties']);
  },
  propertyNames: (at, value) =>
    isObject(value) &&
    'propertyNames' in at.schema &&
    Object.keys(value).some((name) => sub(at, ['propertyNames'], name) === null)
      ? null
      : new Set(),
  prefixItems: (at, value) =>
    items(at, value, (index) => index < list(at.schema['prefixItems']).length && ['prefixItems', index]),
  items: (at, value) =>
    items(at, value, (index) => 'items' in at.schema && index >= list(at.schema['prefixItems']).length && ['items']),
  contains: containing,
};

const union2 = (parts: readonly Evaluated[]): Evaluated => (parts.includes(null) ? null : union(parts));

function members(at: At, value: unknown, keyword: string, where: (name: string) => false | string[]): Evaluated {
  if (!isObject(value) || !(keyword in at.schema)) return new Set();
  return looked(
    Object.keys(value),
    (name) => where(name),
    at,
    (name) => value[name],
  );
}

function items(at: At, value: unknown, where: (index: number) => false | (string | number)[]): Evaluated {
  if (!Array.isArray(value)) return new Set();
  return looked(
    Object.keys(value),
    (key) => where(Number(key)),
    at,
    (key) => value[Number(key)],
  );
}

function looked(
  keys: readonly string[],
  where: (key: string) => false | (string | number)[],
  at: At,
  get: (key: string) => unknown,
): Evaluated {
  const seen = keys.filter((key) => where(key) !== false);
  return seen.every((key) => sub(at, where(key) || [], get(key)) !== null) ? new Set(seen) : null;
}

function containing(at: At, value: unknown): Evaluated {
  if (!Array.isArray(value) || !('contains' in at.schema)) return new Set();
  const matching = Object.keys(value).filter((key) => sub(at, ['contains'], value[Number(key)]) !== null);
  const { minContains = 1, maxContains = Infinity } = at.schema as { minContains?: number; maxContains?: number };
  return matching.length >= minContains && matching.length <= maxContains ? new Set(matching) : null;
}

function unevaluated(at: At, value: unknown, evaluated: Set<string>): Evaluated {
  const keyword = Array.isArray(value) ? 'unevaluatedItems' : 'unevaluatedProperties';
  if (typeof value !== 'object' || value === null || !(keyword in at.schema)) return evaluated;
  const rest = Object.keys(value).filter((key) => !evaluated.has(key));
  if (rest.some((key) => sub(at, [keyword], (value as SchemaObject)[key]) === null)) return null;
  return new Set(Object.keys(value));
}

const isObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: unknown): SchemaObject => (isObject(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const hasType = (value: unknown, type: unknown): boolean =>
  type === typeOf(value) || (type === 'integer' && Number.isInteger(value));

/** `limit` is the keyword's value. Keywords of other types of value always hold. */
const ASSERTIONS: Readonly<Record<string, (value: never, limit: never) => boolean>> = {
  minimum: (value: number, limit: number) => value >= limit,
  maximum: (value: number, limit: number) => value <= limit,
  exclusiveMinimum: (value: number, limit: number) => value > limit,
  exclusiveMaximum: (value: number, limit: number) => value < limit,
  multipleOf: (value: number, limit: number) =>
    Math.abs(value / limit - Math.round(value / limit)) < 1e-9 || Math.abs(value) > 1e300,
  minLength: (value: string, limit: number) => [...value].length >= limit,
  maxLength: (value: string, limit: number) => [...value].length <= limit,
  pattern: (value: string, limit: string) => new RegExp(limit, 'u').test(value),
  minItems: (value: unknown[], limit: number) => value.length >= limit,
  maxItems: (value: unknown[], limit: number) => value.length <= limit,
  uniqueItems: (value: unknown[], limit: boolean) =>
    !limit || value.every((a, i) => value.slice(i + 1).every((b) => !isDeepStrictEqual(a, b))),
  minProperties: (value: object, limit: number) => Object.keys(value).length >= limit,
  maxProperties: (value: object, limit: number) => Object.keys(value).length <= limit,
  required: (value: object, limit: string[]) => limit.every((name) => Object.hasOwn(value, name)),
  dependentRequired: (value: object, limit: Record<string, string[]>) =>
    Object.entries(limit).every(
      ([name, needed]) => !Object.hasOwn(value, name) || needed.every((other) => Object.hasOwn(value, other)),
    ),
};

const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const TYPE_OF_KEYWORD = new Map([
  ...NUMBERS.map((name) => [name, 'number'] as const),
  ...['minLength', 'maxLength', 'pattern'].map((name) => [name, 'string'] as const),
  ...['minItems', 'maxItems', 'uniqueItems'].map((name) => [name, 'array'] as const),
  ...['minProperties', 'maxProperties', 'required', 'dependentRequired'].map((name) => [name, 'object'] as const),
]);

function assertionsHold(schema: SchemaObject, value: unknown): boolean {
  if ('type' in schema && ![schema['type']].flat().some((type) => hasType(value, type))) return false;
  if ('const' in schema && !isDeepStrictEqual(value, schema['const'])) return false;
  if ('enum' in schema && !list(schema['enum']).some((allowed) => isDeepStrictEqual(value, allowed))) return false;
  return Object.entries(ASSERTIONS).every(
    ([name, holds]) =>
      !Object.hasOwn(schema, name) ||
      TYPE_OF_KEYWORD.get(name) !== typeOf(value) ||
      holds(value as never, schema[name] as never),
  );
}

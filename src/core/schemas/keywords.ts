/**
 * What JSON Schema 2020-12 says about each keyword, as far as somebody who walks a schema must know it: where schemas stand
 * inside schemas, and what else has a meaning at all.
 */
import { below } from '../json/pointer.ts';

/** A schema that is no boolean. */
export type SchemaObject = Readonly<Record<string, unknown>>;

export type Schema = boolean | SchemaObject;

export const isObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSchema = (value: unknown): value is Schema => typeof value === 'boolean' || isObject(value);

/** A schema inside another one. */
export interface Subschema {
  readonly keyword: string;
  readonly pointer: string;
  readonly schema: Schema;
}

/** `one`: its value is a schema; `list`: an array of them; `byName`: an object of them. */
const HOLDERS = new Map<string, 'one' | 'list' | 'byName'>([
  ...(['additionalProperties', 'propertyNames', 'items', 'contains', 'not', 'if', 'then', 'else'] as const).map(one),
  ...(['unevaluatedItems', 'unevaluatedProperties', 'contentSchema'] as const).map(one),
  ...(['prefixItems', 'allOf', 'anyOf', 'oneOf'] as const).map((name) => [name, 'list'] as const),
  ...(['properties', 'patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions'] as const).map(
    (name) => [name, 'byName'] as const,
  ),
]);

function one(name: string): readonly [string, 'one'] {
  return [name, 'one'];
}

/** Keywords whose schemas judge the very value that their own schema judges, not a part of it. */
export const IN_PLACE: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
  'dependencies',
]);

/** Keywords that judge without holding schemas. */
const ASSERTIONS = [
  'type',
  'const',
  'enum',
  'multipleOf',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxContains',
  'minContains',
  'maxProperties',
  'minProperties',
  'required',
  'dependentRequired',
  'format',
];

/** Keywords that only place and name schemas. */
const CORE = ['$schema', '$id', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor', '$vocabulary', '$comment'];

const ANNOTATIONS = [
  'title',
  'description',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
  'examples',
  'contentEncoding',
  'contentMediaType',
];

export const KNOWN_KEYWORDS: ReadonlySet<string> = new Set([...HOLDERS.keys(), ...ASSERTIONS, ...CORE, ...ANNOTATIONS]);

/** Keywords that a verdict depends on, `$ref` apart. */
export const JUDGING_KEYWORDS: ReadonlySet<string> = new Set(
  [...HOLDERS.keys(), ...ASSERTIONS].filter((name) => !['$defs', 'definitions', 'contentSchema'].includes(name)),
);

/** The schemas directly inside a schema, in its order. Values that are no schemas are passed over. */
export function subschemasOf(schema: Schema, pointer: string): Subschema[] {
  if (typeof schema === 'boolean') return [];
  return Object.entries(schema).flatMap(([keyword, value]) => heldBy(keyword, value, below(pointer, keyword)));
}

function heldBy(keyword: string, value: unknown, pointer: string): Subschema[] {
  const holds = HOLDERS.get(keyword);
  if (holds === 'one') return isSchema(value) ? [{ keyword, pointer, schema: value }] : [];
  if (holds === undefined || typeof value !== 'object' || value === null) return [];
  if ((holds === 'list') !== Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, schema]) =>
    isSchema(schema) ? [{ keyword, pointer: below(pointer, name), schema }] : [],
  );
}

/** A copy of a schema in which each schema directly inside it is replaced; everything else is kept as it is. */
export function mapSubschemas(
  schema: SchemaObject,
  pointer: string,
  replace: (subschema: Subschema) => unknown,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const held = new Map(heldBy(keyword, value, below(pointer, keyword)).map((item) => [item.pointer, item]));
    setOwn(copy, keyword, held.size === 0 ? value : mapHeld(value, below(pointer, keyword), held, replace));
  }
  return copy;
}

function mapHeld(
  value: unknown,
  pointer: string,
  held: ReadonlyMap<string, Subschema>,
  replace: (subschema: Subschema) => unknown,
): unknown {
  const swap = (inner: unknown, at: string): unknown => {
    const subschema = held.get(at);
    return subschema ? replace(subschema) : inner;
  };
  if (held.has(pointer)) return swap(value, pointer);
  if (Array.isArray(value)) return value.map((inner, index) => swap(inner, below(pointer, index)));
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value as object)) setOwn(copy, name, swap(inner, below(pointer, name)));
  return copy;
}

/** Sets a member without ever touching a prototype: `__proto__` may be a property's name in a schema given as a value. */
export const setOwn = (target: Record<string, unknown>, key: string, value: unknown): void =>
  void Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });

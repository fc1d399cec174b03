/**
 * A collection's schema as a component of an OpenAPI document (3.1 speaks JSON Schema 2020-12). What pointed to places of its
 * own points to the same places inside the component; identifiers and anchors, which OpenAPI would resolve otherwise, go.
 */
import { below, formatPointer } from '../json/pointer.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const NAMED_SCHEMAS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const LITERALS = new Set(['const', 'enum', 'default', 'examples', 'required', 'dependentRequired', 'type']);
const LEFT_OUT = new Set(['$schema', '$id', '$anchor', '$dynamicAnchor', '$vocabulary', '$comment', 'x-larder']);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `home` is the pointer of the component, such as `#/components/schemas/lod.customers`. */
export function embedSchema(json: unknown, home: string): unknown {
  const root = (json ?? {}) as Json;
  if (typeof root === 'boolean') return root ? {} : { not: {} };
  return rewrite(root, { home, places: placesOf(root) });
}

interface Target {
  readonly home: string;
  /** Pointer below the root by what a reference may say: `#anchor`, an `$id`, an `$id` with an anchor. */
  readonly places: ReadonlyMap<string, string>;
}

function rewrite(schema: Json, target: Target): Json {
  if (Array.isArray(schema)) return schema.map((item: Json) => rewrite(item, target));
  if (!isObject(schema)) return schema;
  const members = Object.entries(schema).filter(([keyword]) => !LEFT_OUT.has(keyword));
  return Object.fromEntries(members.map(([keyword, value]) => rewriteKeyword(keyword, value, target)));
}

function rewriteKeyword(keyword: string, value: Json, target: Target): [string, Json] {
  if ((keyword === '$ref' || keyword === '$dynamicRef') && typeof value === 'string')
    return ['$ref', relocate(value, target)];
  if (LITERALS.has(keyword)) return [keyword, value];
  if (!NAMED_SCHEMAS.has(keyword) || !isObject(value)) return [keyword, rewrite(value, target)];
  return [keyword, Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, rewrite(schema, target)]))];
}

/** Schemas in force have no reference that leads out of them; one that is not understood here leads to the whole. */
function relocate(reference: string, { home, places }: Target): string {
  const known = places.get(reference);
  if (known !== undefined) return home + known;
  const hash = reference.indexOf('#');
  const base = hash > 0 ? (places.get(reference.slice(0, hash)) ?? '') : '';
  const fragment = hash < 0 ? '' : reference.slice(hash + 1);
  return fragment.startsWith('/') ? `${home}${base}${fragment}` : home;
}

function placesOf(root: Json): ReadonlyMap<string, string> {
  const places = new Map<string, string>([['#', '']]);
  collect(root, '', '', places);
  return places;
}

function collect(schema: Json, pointer: string, base: string, places: Map<string, string>): void {
  if (Array.isArray(schema))
    return schema.forEach((item: Json, index) => collect(item, below(pointer, index), base, places));
  if (!isObject(schema)) return;
  const id = typeof schema['$id'] === 'string' ? schema['$id'] : base;
  if (id !== base) places.set(id, pointer);
  for (const keyword of ['$anchor', '$dynamicAnchor']) {
    const anchor = schema[keyword];
    if (typeof anchor !== 'string') continue;
    places.set(`#${anchor}`, pointer);
    places.set(`${id}#${anchor}`, pointer);
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (!LITERALS.has(keyword)) collect(value, below(pointer, keyword), id, places);
  }
}

/** A URI fragment that is a JSON Pointer, as OpenAPI wants it: `#/components/schemas/a~1b`. */
export const componentPointer = (name: string): string => `#${formatPointer(['components', 'schemas', name])}`;

/**
 * Which schema each reference of a schema text means (JSON Schema 2020-12 core §8, §9). Every reference is resolved here,
 * once, to a place in the same document; the judge, OpenAPI and the types are made of places alone and never see `$id` or
 * `$anchor`. Nothing is ever fetched: a reference that leaves the document is a finding.
 */
import { below, formatPointer, parsePointer } from '../json/pointer.ts';
import { invalid, unreliable, type Finding } from './findings.ts';
import { isSchema, subschemasOf, type Schema, type SchemaObject } from './keywords.ts';

export const META_SCHEMA = 'https://json-schema.org/draft/2020-12/schema';

/** A place in the document (a JSON Pointer), or the meta-schema of 2020-12, the one other document that is known. */
export type Target = string;

export interface Linked {
  readonly json: Schema;
  /** Every schema that counts as one, by its place. */
  readonly schemaByPlace: ReadonlyMap<string, Schema>;
  /** What a reference means, by the place of its keyword. */
  readonly targetByPlace: ReadonlyMap<string, Target>;
  readonly findings: readonly Finding[];
}

/** The base of a document that has no `$id`. Relative references to other documents end up below it, and are refused. */
const NAMELESS = 'larder://schema/';

interface Reference {
  readonly keyword: '$ref' | '$dynamicRef';
  readonly place: string;
  readonly uri: string;
}

interface Index {
  readonly json: Schema;
  readonly schemaByPlace: Map<string, Schema>;
  readonly placeByResource: Map<string, string>;
  readonly placeByAnchor: Map<string, string>;
  /** Places of `$dynamicAnchor`, by name alone. */
  readonly dynamicPlaces: Map<string, string[]>;
  readonly baseByPlace: Map<string, string>;
  readonly references: Reference[];
  readonly findings: Finding[];
}

export function linkReferences(json: Schema): Linked {
  const index: Index = {
    json,
    schemaByPlace: new Map(),
    placeByResource: new Map([[NAMELESS, '']]),
    placeByAnchor: new Map(),
    dynamicPlaces: new Map(),
    baseByPlace: new Map(),
    references: [],
    findings: [],
  };
  indexSchema(index, json, '', NAMELESS);
  const targetByPlace = new Map<string, Target>();
  // Following a reference into a place that is no schema by itself (an unknown keyword) makes it one, with references of its own.
  for (const reference of index.references) {
    const target = follow(index, reference);
    if (typeof target === 'string') targetByPlace.set(reference.place, target);
    else index.findings.push(target);
  }
  return { json, schemaByPlace: index.schemaByPlace, targetByPlace, findings: index.findings };
}

function indexSchema(index: Index, schema: Schema, place: string, outerBase: string): void {
  if (index.schemaByPlace.has(place)) return;
  index.schemaByPlace.set(place, schema);
  const base = typeof schema === 'boolean' ? outerBase : nameSchema(index, schema, place, outerBase);
  index.baseByPlace.set(place, base);
  for (const inner of subschemasOf(schema, place)) indexSchema(index, inner.schema, inner.pointer, base);
}

/** Notes the names and references of one schema; answers the base URI inside it. */
function nameSchema(index: Index, schema: SchemaObject, place: string, outerBase: string): string {
  const base = baseOf(index, schema, place, outerBase);
  for (const keyword of ['$anchor', '$dynamicAnchor'] as const) {
    const name = schema[keyword];
    if (typeof name === 'string') nameAnchor(index, `${base}#${name}`, keyword, place);
  }
  for (const keyword of ['$ref', '$dynamicRef'] as const) {
    const uri = schema[keyword];
    if (typeof uri === 'string')
      index.references.push({ keyword, place: below(place, keyword), ...absolute(uri, base) });
  }
  return base;
}

function baseOf(index: Index, schema: SchemaObject, place: string, outerBase: string): string {
  if (typeof schema['$id'] !== 'string') return outerBase;
  const { uri } = absolute(schema['$id'], outerBase);
  const base = uri.split('#')[0] ?? uri;
  if (index.placeByResource.has(base) && index.placeByResource.get(base) !== place) duplicate(index, place, '$id');
  index.placeByResource.set(base, place);
  return base;
}

function nameAnchor(index: Index, anchor: string, keyword: '$anchor' | '$dynamicAnchor', place: string): void {
  const earlier = index.placeByAnchor.get(anchor);
  if (earlier !== undefined && earlier !== place) duplicate(index, place, keyword);
  index.placeByAnchor.set(anchor, place);
  if (keyword === '$anchor') return;
  const name = anchor.slice(anchor.indexOf('#') + 1);
  index.dynamicPlaces.set(name, [...(index.dynamicPlaces.get(name) ?? []), place]);
}

const duplicate = (index: Index, place: string, keyword: string): void =>
  void index.findings.push(
    invalid('schema_name_taken', below(place, keyword), `another schema in this document has the same ${keyword}`),
  );

/** A URI reference against its base (RFC 3986 §5). One that cannot be resolved stays as it is: it will be found nowhere. */
function absolute(reference: string, base: string): { readonly uri: string } {
  if (reference === '') return { uri: base };
  return { uri: URL.canParse(reference, base) ? new URL(reference, base).href : reference };
}

function follow(index: Index, reference: Reference): Target | Finding {
  const [document = '', fragment = ''] = reference.uri.split('#');
  const root = index.placeByResource.get(document);
  if (root === undefined) return followOutside(reference, document, fragment);
  if (fragment === '') return root;
  const name = decode(fragment);
  if (name === null) return missing(reference);
  if (name.startsWith('/')) return followPointer(index, reference, root, name);
  return followAnchor(index, reference, `${document}#${name}`, name);
}

function followOutside({ place, uri }: Reference, document: string, fragment: string): Target | Finding {
  if (document === META_SCHEMA && fragment === '') return META_SCHEMA;
  const shown = uri.startsWith(NAMELESS) ? uri.slice(NAMELESS.length) : uri;
  const detail = `refers to another document, ${JSON.stringify(shown)}: copy what is needed into $defs, nothing is fetched`;
  return invalid('schema_ref_outside', place, detail);
}

function followPointer(index: Index, reference: Reference, root: string, pointer: string): Target | Finding {
  const tokens = parsePointer(pointer);
  if (tokens === null) return missing(reference);
  const place = root + formatPointer(tokens);
  if (index.schemaByPlace.has(place)) return place;
  const value = valueAt(index.json, place);
  if (!isSchema(value)) return missing(reference);
  indexSchema(index, value, place, index.baseByPlace.get(root) ?? NAMELESS);
  return place;
}

/**
 * A `$dynamicRef` to a `$dynamicAnchor` means the outermost anchor of that name on the way to it. Where the name is given
 * only once that is the anchor itself, an ordinary reference; everything else Ajv gets wrong in the test suite.
 */
function followAnchor(index: Index, reference: Reference, anchor: string, name: string): Target | Finding {
  const place = index.placeByAnchor.get(anchor);
  if (place === undefined) return missing(reference);
  const places = index.dynamicPlaces.get(name) ?? [];
  if (reference.keyword === '$ref' || !places.includes(place) || places.length === 1) return place;
  const detail = `"$dynamicAnchor": ${JSON.stringify(name)} stands ${places.length} times: which one is meant cannot be judged reliably`;
  return unreliable('schema_dynamic_ref', reference.place, detail);
}

const missing = ({ place, uri }: Reference): Finding =>
  invalid('schema_ref_missing', place, `refers to a schema that is not there (${uri.slice(uri.indexOf('#'))})`);

function decode(fragment: string): string | null {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return null;
  }
}

function valueAt(json: unknown, pointer: string): unknown {
  let value = json;
  for (const token of parsePointer(pointer) ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

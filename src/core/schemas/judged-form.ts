/**
 * A schema in the form that Ajv is given: only keywords that a verdict depends on, and references only to `#/$defs/dN`.
 * Ajv's own resolution of `$id`, `$anchor` and relative references fails a dozen cases of the test suite, and it obeys
 * keywords that 2020-12 does not know (`nullable`, `$async`, `id`); in this form neither can happen.
 */
import { below } from '../json/pointer.ts';
import { isObject, JUDGING_KEYWORDS, mapSubschemas, setOwn, type Schema, type SchemaObject } from './keywords.ts';
import { META_SCHEMA, type Linked, type Target } from './references.ts';

/** A keyword of ours: where it stands, judging costs a step. */
export const STEP = 'larder-step';

export interface JudgedForm {
  readonly $id: string;
  readonly $ref: string;
  readonly $defs: Readonly<Record<string, unknown>>;
}

interface Copying {
  readonly linked: Linked;
  /** Places that something refers to: each is copied once, as a definition. */
  readonly shared: ReadonlySet<string>;
  readonly refer: (target: Target) => { readonly $ref: string };
  readonly stepsIn: 'definitions' | 'schemas';
}

/** `id` becomes the schema's `$id`: a URI without a fragment. `stepsIn`: what costs a step when it is entered. */
export function judgedForm(linked: Linked, id: string, stepsIn: Copying['stepsIn'] = 'definitions'): JudgedForm {
  const nameByPlace = new Map<string, string>();
  const refer = (target: Target): { readonly $ref: string } => {
    if (target === META_SCHEMA) return { $ref: META_SCHEMA };
    const name = nameByPlace.get(target) ?? `d${nameByPlace.size}`;
    nameByPlace.set(target, name);
    return { $ref: `${id}#/$defs/${name}` };
  };
  const copying = { linked, shared: new Set(linked.targetByPlace.values()), refer, stepsIn };
  const first = refer('');
  const $defs: Record<string, unknown> = {};
  // Copying a definition names those that it refers to: the map grows while it is walked.
  for (const [place, name] of nameByPlace)
    $defs[name] = stepped(copy(copying, place, linked.schemaByPlace.get(place) ?? true));
  return { $id: id, ...first, $defs };
}

const stepped = (schema: unknown): unknown => ({ [STEP]: true, ...(isObject(schema) ? schema : { allOf: [schema] }) });

function copy(copying: Copying, place: string, schema: Schema): unknown {
  if (typeof schema === 'boolean') return schema;
  const judged = mapSubschemas(judgingOf(schema), place, (inner) =>
    copying.shared.has(inner.pointer) ? copying.refer(inner.pointer) : copy(copying, inner.pointer, inner.schema),
  );
  const targets = ['$ref', '$dynamicRef'].flatMap(
    (keyword) => copying.linked.targetByPlace.get(below(place, keyword)) ?? [],
  );
  const whole = withReferences(judged, targets.map(copying.refer));
  return copying.stepsIn === 'schemas' ? stepped(whole) : whole;
}

function judgingOf(schema: SchemaObject): SchemaObject {
  const judging: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema))
    if (JUDGING_KEYWORDS.has(keyword)) setOwn(judging, keyword, value);
  return judging;
}

/** Two references cannot stand in one schema; the second moves into `allOf`, where it means the same. */
function withReferences(judged: SchemaObject, references: readonly { readonly $ref: string }[]): unknown {
  const [first, second] = references;
  if (first === undefined) return judged;
  if (second === undefined) return { ...first, ...judged };
  const allOf = Array.isArray(judged['allOf']) ? judged['allOf'] : [];
  return { ...first, ...judged, allOf: [...allOf, second] };
}

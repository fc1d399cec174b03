/**
 * The meta-schema of 2020-12 as one document with plain references. Its `$dynamicRef: "#meta"` means the outermost schema
 * of the dialect, which for this dialect alone is always the meta-schema itself.
 */
import applicator from 'ajv/dist/refs/json-schema-2020-12/meta/applicator.json' with { type: 'json' };
import content from 'ajv/dist/refs/json-schema-2020-12/meta/content.json' with { type: 'json' };
import core from 'ajv/dist/refs/json-schema-2020-12/meta/core.json' with { type: 'json' };
import format from 'ajv/dist/refs/json-schema-2020-12/meta/format-annotation.json' with { type: 'json' };
import metaData from 'ajv/dist/refs/json-schema-2020-12/meta/meta-data.json' with { type: 'json' };
import unevaluated from 'ajv/dist/refs/json-schema-2020-12/meta/unevaluated.json' with { type: 'json' };
import validation from 'ajv/dist/refs/json-schema-2020-12/meta/validation.json' with { type: 'json' };
import schema from 'ajv/dist/refs/json-schema-2020-12/schema.json' with { type: 'json' };
import { isObject, type Schema, type SchemaObject } from './keywords.ts';
import { linkReferences, META_SCHEMA, type Linked } from './references.ts';

let linked: Linked | undefined;

/** Made at its first use; a daemon without schemas never pays for it. */
export function linkedMetaSchema(): Linked {
  linked ??= linkReferences(
    flattened({ ...schema, $defs: { core, applicator, unevaluated, validation, metaData, format, content } }),
  );
  return linked;
}

function flattened(value: unknown): Schema {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (isObject(inner) ? plain(inner) : inner)),
  ) as Schema;
}

/** In the properties of the core vocabulary these names stand for schemas, not for themselves. */
function plain(value: SchemaObject): SchemaObject {
  const { $dynamicRef, $dynamicAnchor, ...rest } = value;
  if ($dynamicRef === '#meta') return { ...rest, $ref: META_SCHEMA };
  return typeof $dynamicAnchor === 'string' ? rest : value;
}

/** TypeScript types of all collections as one module, made by json-schema-to-typescript. */
import { compile } from 'json-schema-to-typescript';

type JsonObject = { readonly [key: string]: unknown };
type JsonSchema = Parameters<typeof compile>[0];

export interface CollectionSchema {
  readonly collection: string;
  /** JSON Schema 2020-12; null where a collection has none. */
  readonly json: unknown;
}

const HEAD =
  '/* Made by `larder types` from the schemas of the collections. Do not edit: make it again. */\n/* eslint-disable */\n';

/**
 * Each collection has a type of its own name (`lod/customers` is `LodCustomers`), its parts lie in a namespace, and
 * `Collections` maps the collections' names to their types. Cost: some 150 ms for the first schema.
 */
export async function typesText(schemas: readonly CollectionSchema[]): Promise<string> {
  const names = typeNames(schemas.map(({ collection }) => collection));
  const blocks: string[] = [];
  for (const { collection, json } of schemas)
    blocks.push(await block(collection, names.get(collection) ?? 'Unnamed', json));
  const map = schemas.map(({ collection }) => `  ${JSON.stringify(collection)}: ${names.get(collection)};`);
  return `${HEAD}\n${blocks.join('\n')}\nexport interface Collections {\n${map.join('\n')}\n}\n`;
}

async function block(collection: string, name: string, json: unknown): Promise<string> {
  const head = `/** Documents of \`${collection.replaceAll('*/', '')}\`. */\n`;
  if (json === null || typeof json === 'boolean') {
    return `${head}export type ${name} = ${json === false ? 'never' : '{ [member: string]: unknown }'};\n`;
  }
  const text = await compile({ ...(downLevel(json) as JsonSchema), title: name }, name, {
    bannerComment: '',
    format: true,
    unknownAny: true,
    $refOptions: { resolve: { external: false } },
  });
  const inside = text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
  return `export declare namespace ${name}Parts {\n${inside.join('\n')}\n}\n${head}export type ${name} = ${name}Parts.${name};\n`;
}

const LITERALS = new Set(['const', 'enum', 'default', 'examples']);

/** The generator knows draft 7: tuples are spelled otherwise there, and identifiers would be fetched. */
function downLevel(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(downLevel);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { prefixItems, items, $id: _id, $schema: _schema, ...rest } = schema as JsonObject;
  const members = Object.entries(rest).map(
    ([key, value]) => [key, LITERALS.has(key) ? value : downLevel(value)] as const,
  );
  const tuple =
    prefixItems === undefined
      ? { items: downLevel(items) }
      : { items: downLevel(prefixItems), additionalItems: downLevel(items ?? true) };
  return { ...Object.fromEntries(members), ...(prefixItems === undefined && items === undefined ? {} : tuple) };
}

function typeNames(collections: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(['Collections']);
  return new Map(
    collections.map((collection) => {
      const plain = pascalCase(collection);
      let name = plain;
      for (let number = 2; taken.has(name); number++) name = `${plain}${number}`;
      taken.add(name);
      return [collection, name];
    }),
  );
}

function pascalCase(text: string): string {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^\p{L}/u.test(name) ? name : `_${name}`;
}

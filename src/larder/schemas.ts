/** Schemas as faces see them: what is in force, and writing `_schema.json` through the pipeline. */
import { pathOfSchema } from '../core/refs.ts';
import type { Larder } from '../larder-types.ts';
import { settle } from '../reconciler/settle.ts';
import type { World } from '../reconciler/world.ts';

export async function schemaOf(world: World, collection: string): ReturnType<Larder['schema']> {
  const path = pathOfSchema(collection);
  await settle(world, [path]);
  const inForce = world.schemas.inForce(collection);
  const problem = world.catalog.problemsOf(path)[0] ?? null;
  if (!inForce) return problem && { json: null, bytes: null, etag: null, problem };
  const { source, schema } = inForce;
  return {
    json: schema.json,
    bytes: source && new TextEncoder().encode(source.text),
    etag: source && source.digest,
    problem,
  };
}

export function allSchemas(world: World): { readonly collection: string; readonly json: unknown }[] {
  const collections = world.catalog
    .namespaces()
    .flatMap(({ name }) => world.catalog.collections(name).map((one) => one.name));
  const names = new Set([...collections, ...world.schemas.collections()].filter((name) => !name.endsWith('/files')));
  return [...names]
    .toSorted()
    .map((collection) => ({ collection, json: world.schemas.inForce(collection)?.schema.json ?? null }));
}

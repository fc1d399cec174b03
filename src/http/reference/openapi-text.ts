/** `/openapi.json` as text: the fixed routes, described once, and one set of paths for each collection. */
import type { Seq } from '../../core/events.ts';
import { describeCollections } from '../../core/openapi/collections.ts';
import type { Larder } from '../../larder-types.ts';
import type { OpenApi } from './describe.ts';
import type { Route } from '../route.ts';

/** Anything that could change the description is an event, so a text holds as long as the seq stands. */
export function openApiText(larder: Larder, routes: () => readonly Route[]): () => Promise<string> {
  let fixed: Promise<OpenApi> | null = null;
  let kept: { readonly seq: Seq; readonly text: string } | null = null;
  return async () => {
    const { seq } = larder;
    if (kept?.seq === seq) return kept.text;
    fixed ??= describe(routes());
    const text = JSON.stringify(withCollections(await fixed, larder.schemas()));
    kept = { seq, text };
    return text;
  };
}

/** The library for it is loaded when somebody asks, not at every start. */
const describe = async (routes: readonly Route[]): Promise<OpenApi> =>
  (await import('./describe.ts')).describeRoutes(routes);

/** The collections' own paths come first: they are what a reader looks for. */
function withCollections(fixed: OpenApi, schemas: ReturnType<Larder['schemas']>): OpenApi {
  const own = describeCollections(schemas);
  const known = fixed.components?.['schemas'] ?? {};
  return {
    ...fixed,
    openapi: '3.1.0',
    paths: { ...own.paths, ...fixed.paths },
    components: { ...fixed.components, schemas: { ...known, ...own.schemas } },
  };
}

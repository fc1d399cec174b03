/** Where nothing ever was by a name: the one that was meant, as far as names near it are known without reading long lists. */
import { holdsFiles, isStreamId, SCHEMA_NAME, type DocumentRef } from '../core/refs.ts';
import type { FeedScope } from '../core/requests.ts';
import type { World } from '../reconciler/world.ts';
import { nearestName } from '../util/nearest-name.ts';

type Known = Pick<World, 'catalog'>;

/** A hint, or null. */
export function sayNearScope({ catalog }: Known, scope: FeedScope): string | null {
  if (scope.kind === 'all') return null;
  const [namespace = '', name] = (scope.kind === 'namespace' ? scope.namespace : scope.collection).split('/');
  const namespaces = catalog.namespaces().map((one) => one.name);
  if (name === undefined || !namespaces.includes(namespace)) return sayNearest(namespace, namespaces);
  const collections = catalog.collections(namespace).map((one) => one.name.slice(namespace.length + 1));
  return sayNearest(name, collections, `${namespace}/`);
}

/** Looked through from the beginning of a folder, and from half the name on: a misspelt beginning is not found among many. */
const MOST_NAMES = 100;

/** The same of a document or file, among those in its folder. */
export function sayNearDocument({ catalog }: Known, ref: DocumentRef): string | null {
  const { collection, id } = ref;
  if (catalog.collection(collection) === undefined)
    return sayNearScope({ catalog }, { kind: 'collection', collection });
  const folder = id.slice(0, id.lastIndexOf('/') + 1);
  const name = id.slice(folder.length);
  const directory = [collection, ...folder.split('/').slice(0, -1)].join('/');
  const behind = ['', name.slice(0, Math.floor(name.length / 2))];
  const names = behind.flatMap((after) => catalog.namesIn(directory, after, MOST_NAMES).map((known) => known.name));
  return sayNearest(name, idsOf(collection, names), `${collection}/${folder}`);
}

/** Documents go without their ending. */
function idsOf(collection: string, names: readonly string[]): string[] {
  if (holdsFiles(collection)) return [...names];
  return names.flatMap((name) => {
    if (name === SCHEMA_NAME) return [];
    if (isStreamId(name)) return [name];
    return name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : [];
  });
}

function sayNearest(name: string, known: readonly string[], before = ''): string | null {
  const nearest = nearestName(name, known);
  return nearest === null || nearest === name ? null : `Did you mean ${before}${nearest}?`;
}

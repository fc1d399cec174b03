/**
 * Which documents would be laid out anew, and how. Nothing is changed: what is planned is written through the pipeline, as one
 * change set that refuses whole when one of its files was changed meanwhile.
 */
import type { Catalog } from '../../catalog/types.ts';
import { MOST_CHANGES } from '../../core/change-set.ts';
import { LarderError } from '../../core/errors.ts';
import { classify, FILES, pathOf, type DocumentRef } from '../../core/refs.ts';
import type { WriteRequest } from '../../core/requests.ts';
import type { BulkReader } from '../../files/bulk.ts';
import { worked } from '../../files/heavy.ts';
import { paceOf } from '../../host/pace.ts';
import type { Clock } from '../../host/ports.ts';

export interface Normalising {
  /** Namespaces, collections or documents (`ns/collection/id`, or their files), below the root; all where there are none. */
  readonly paths: readonly string[];
  /** One step of indent. */
  readonly unit: string;
}

export interface NormalisePlan {
  readonly looked: number;
  /** In the order of their paths. */
  readonly changes: readonly { readonly path: string; readonly request: WriteRequest }[];
  /** Documents that are left as they are: their file is not the served version just now. */
  readonly left: readonly string[];
}

interface Gathered {
  /** Of what was looked at: a document may be named twice. */
  readonly seen: Set<string>;
  looked: number;
  readonly changes: { path: string; request: WriteRequest }[];
  readonly left: string[];
}

interface Parts {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly bulk: Pick<BulkReader, 'work'>;
}

/** Throws LarderError `not_found` for a path that is none, `too_large` for more than one change set holds. */
export async function planNormalise(parts: Parts, { paths, unit }: Normalising): Promise<NormalisePlan> {
  const gathered: Gathered = { seen: new Set(), looked: 0, changes: [], left: [] };
  const pace = paceOf(parts.clock);
  for (const ref of documentsIn(parts.catalog, scopesOf(parts.catalog, paths))) {
    await take(parts, ref, unit, gathered);
    await pace();
  }
  if (gathered.changes.length <= MOST_CHANGES) return gathered;
  throw new LarderError(
    'too_large',
    `${gathered.changes.length} documents would change, a change set holds ${MOST_CHANGES}: name some of the collections`,
  );
}

interface Scope {
  readonly collection: string;
  /** One document of it. */
  readonly id: string | null;
}

function scopesOf(catalog: Catalog, paths: readonly string[]): Scope[] {
  const all = catalog.namespaces().flatMap(({ name }) => collectionsOf(catalog, name));
  if (paths.length === 0) return all.map((collection) => ({ collection, id: null }));
  return paths.flatMap((named): Scope[] => {
    const path = named.replace(/^\/v1\//, '').replace(/^\/+|\/+$/g, '');
    const document = documentAt(catalog, path) ?? documentAt(catalog, `${path}.json`);
    if (document) return [document];
    const below = all.filter((collection) => collection === path || collection.startsWith(`${path}/`));
    if (below.length > 0) return below.map((collection) => ({ collection, id: null }));
    throw new LarderError('not_found', `${named} is no namespace, collection or document that is served`);
  });
}

function documentAt(catalog: Catalog, path: string): Scope | null {
  const meaning = classify(path);
  if (meaning.kind !== 'document' || !catalog.head(path)?.servedDigest) return null;
  return { collection: meaning.collection, id: meaning.id };
}

const collectionsOf = (catalog: Catalog, namespace: string): string[] =>
  catalog.collections(namespace).flatMap(({ name }) => (name.endsWith(`/${FILES}`) ? [] : [name]));

const NAMES = 200;

/** Names alone: the texts of two hundred documents may be gigabytes. */
function* documentsIn(catalog: Catalog, scopes: readonly Scope[]): Generator<DocumentRef> {
  for (const { collection, id } of scopes) {
    if (id === null) yield* documentsOf(catalog, collection);
    else yield { collection, id };
  }
}

function* documentsOf(catalog: Catalog, collection: string): Generator<DocumentRef> {
  let page = catalog.namesIn(collection, '', NAMES);
  while (page.length > 0) {
    for (const { name } of page) {
      const meaning = classify(`${collection}/${name}`);
      if (meaning.kind === 'document') yield { collection, id: meaning.id };
    }
    page = catalog.namesIn(collection, page.at(-1)?.name ?? '', NAMES);
  }
}

async function take({ catalog, bulk }: Parts, ref: DocumentRef, unit: string, gathered: Gathered): Promise<void> {
  const path = pathOf(ref);
  const etag = catalog.head(path)?.servedDigest;
  const text = etag ? catalog.text(path) : undefined;
  if (!etag || text === undefined || gathered.seen.has(path)) return;
  gathered.seen.add(path);
  gathered.looked++;
  const body = await worked(bulk, text.length, 'laidOut', text, unit);
  if (body === null) return;
  if (catalog.head(path)?.diskDigest !== etag) {
    gathered.left.push(path);
    return;
  }
  const change = { op: 'exact', body } as const;
  gathered.changes.push({ path, request: { ref, change, preconditions: { ifMatch: [etag] } } });
}

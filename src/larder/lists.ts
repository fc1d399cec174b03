/** Lists of documents, deleted documents, collections and problems, page by page. */
import type { DeletedItem, HistoryItem, ListItem, ListOptions, Page, Summary } from '../core/requests.ts';
import { problemPosition } from '../catalog/problems.ts';
import type { Catalog } from '../catalog/types.ts';
import type { CollectionSummary, StoredEvent } from '../catalog/answers.ts';
import { openCursor, sealCursor } from '../core/cursors.ts';
import type { Seq } from '../core/events.ts';
import { fullName } from '../core/feed.ts';
import type { Problem } from '../core/problems.ts';
import { pathOf, type DocumentRef } from '../core/refs.ts';
import { withDetails } from '../reconciler/problem-details.ts';
import { problemOfRoot } from '../reconciler/out-of-reach.ts';
import { pendingProblems } from '../reconciler/pending-problems.ts';
import type { World } from '../reconciler/world.ts';
import { whyGone } from './versions/why-gone.ts';

/** What pages are made of: where the walk stands is the key of the last item. */
interface Walk<T> {
  readonly scope: string;
  readonly limit: number;
  readonly cursor: string | null;
  readonly keyOf: (item: T) => string;
  readonly fetch: (after: string | null, limit: number) => readonly T[];
}

export class Lists {
  readonly #world: World;
  /** Cursors are signed, so that nobody builds one and believes in it; the key lives as long as the process' log. */
  readonly #key: Uint8Array;

  constructor(world: World, cursorKey: Uint8Array) {
    this.#world = world;
    this.#key = cursorKey;
  }

  list(collection: string, { limit, prefix, cursor }: ListOptions): Page<ListItem> | undefined {
    if (!this.#exists(collection)) return undefined;
    this.#world.outOfReach.root();
    return this.#page({
      scope: `list:${collection}?${prefix ?? ''}`,
      limit,
      cursor,
      keyOf: (item) => item.id,
      fetch: (after, count) =>
        this.#catalog.list(collection, { after, prefix, limit: count }).map((item) => this.#marked(item)),
    });
  }

  listDeleted(
    collection: string,
    { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
  ): Page<DeletedItem> | undefined {
    if (!this.#exists(collection)) return undefined;
    const fetch = (after: string | null, count: number): DeletedItem[] =>
      this.#catalog.listDeleted(collection, { after, limit: count });
    return this.#page({ scope: `deleted:${collection}`, limit, cursor, keyOf: (item) => item.id, fetch });
  }

  problems({
    collection,
    limit,
    cursor,
  }: {
    readonly collection: string | null;
    readonly limit: number;
    readonly cursor: string | null;
  }): Page<Problem> {
    const fetch = (after: string | null, count: number): Problem[] =>
      this.#catalog.problems({ collection, after, limit: count }).map((problem) => withDetails(this.#world, problem));
    const page = this.#page({ scope: `problems:${collection ?? ''}`, limit, cursor, keyOf: problemPosition, fetch });
    if (page.next !== null) return page;
    const ofRoot = problemOfRoot(this.#world) ?? [];
    return { items: page.items.concat(ofRoot, pendingProblems(this.#world, collection)), next: null };
  }

  history(
    ref: DocumentRef,
    { before, limit }: { readonly before: Seq | null; readonly limit: number },
  ): Page<HistoryItem> | undefined {
    const path = pathOf(ref);
    const events = this.#catalog.history(path, { before, limit: limit + 1 });
    if (events.length === 0 && before === null) return undefined;
    const items = events.slice(0, limit).map((event) => historyItem(this.#world, path, event));
    return { items, next: events.length > limit ? String(items.at(-1)?.seq) : null };
  }

  namespaces(): Summary[] {
    const withSchema = new Set(this.#world.schemas.collections().map((name) => name.split('/')[0]));
    return this.#catalog.namespaces().map((one) => summaryOf(one, withSchema.has(one.name)));
  }

  collections(namespace: string): Summary[] | undefined {
    const collections = this.#catalog.collections(namespace);
    if (collections.length === 0) return undefined;
    return collections.map((one) => {
      const schema = this.#world.schemas.inForce(one.name) !== undefined;
      return { ...summaryOf(one, schema), name: one.name.slice(namespace.length + 1) };
    });
  }

  /** What waits or is held is known in memory only. */
  #marked(item: ListItem): ListItem {
    if (this.#world.outOfReach.over(item.path)) return { ...item, problem: 'held' };
    const pending = this.#world.pendings.get(item.path);
    return pending === undefined ? item : { ...item, problem: pending.code };
  }

  get #catalog(): Catalog {
    return this.#world.catalog;
  }

  /** A collection exists while it has a document, a schema or a problem. */
  #exists(collection: string): boolean {
    return this.#catalog.collection(collection) !== undefined;
  }

  #page<T>({ scope, limit, cursor, keyOf, fetch }: Walk<T>): Page<T> {
    const after = cursor === null ? null : String(openCursor(this.#key, scope, cursor));
    const found = fetch(after, limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      next: found.length > limit && last !== undefined ? sealCursor(this.#key, scope, keyOf(last)) : null,
    };
  }
}

const summaryOf = ({ name, count, problems }: CollectionSummary, schema: boolean): Summary => ({
  name,
  count,
  schema,
  problems,
});

const historyItem = (world: World, asked: string, event: StoredEvent): HistoryItem => ({
  seq: event.seq,
  atMs: event.atMs,
  op: event.op,
  from: event.from && fullName(event.from),
  to: event.from === null || event.path === asked ? null : fullName(event.path),
  kind: event.kind,
  digest: event.digest,
  size: event.size,
  gone: whyGone(world, event),
  actor: event.actor,
  cause: event.cause,
  changeSet: event.changeSet,
  session: event.session,
});

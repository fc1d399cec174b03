/** What was: moments, lists as they were, and the newest events first. */
import type { ListedEver } from '../../catalog/answers.ts';
import { openCursor, sealCursor } from '../../core/cursors.ts';
import type { Seq } from '../../core/events.ts';
import { feedEvent } from '../../core/feed.ts';
import type { At, FeedEvent, FeedScope, ListItem, ListOptions, Page } from '../../core/requests.ts';
import type { Moment } from '../../larder-versions.ts';
import { bytesOfVersion } from '../../reconciler/bodies.ts';
import type { World } from '../../reconciler/world.ts';
import { seqAt } from '../moments.ts';

export const momentOf = (world: World, at: At): Moment => ({
  seq: seqAt(world, at),
  isAmbiguous: 'timeMs' in at && world.catalog.isAmbiguousTime(at.timeMs),
});

export type PastPage = Page<ListItem> & { readonly moment: Moment };

/** The cursor carries the moment of the first page, so that a walk along a time stays at one seq whatever happens meanwhile. */
export function listAt(
  world: World,
  cursorKey: Uint8Array,
  collection: string,
  { limit, prefix, cursor, at }: ListOptions & { readonly at: At },
): PastPage | undefined {
  if (world.catalog.collection(collection) === undefined) return undefined;
  const scope = `list-at:${collection}?${prefix ?? ''}@${'seq' in at ? at.seq : `${at.timeMs} ms`}`;
  const [seq, isAmbiguous, after] = cursor === null ? firstOf(momentOf(world, at)) : opened(cursorKey, scope, cursor);
  const items: ListItem[] = [];
  for (const one of candidates(world, collection, { seq, after, prefix, limit: limit + 1 })) {
    const item = itemOf(world, one);
    if (item !== null) items.push(item);
    if (items.length > limit) break;
  }
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const next =
    items.length > limit && last !== undefined ? sealCursor(cursorKey, scope, [seq, isAmbiguous, last.id]) : null;
  return { items: page, next, moment: { seq, isAmbiguous } };
}

type Position = readonly [seq: Seq, isAmbiguous: boolean, after: string | null];

const firstOf = ({ seq, isAmbiguous }: Moment): Position => [seq, isAmbiguous, null];

const opened = (key: Uint8Array, scope: string, cursor: string): Position => openCursor(key, scope, cursor) as Position;

interface Range {
  readonly seq: Seq;
  readonly after: string | null;
  readonly prefix: string | null;
  readonly limit: number;
}

/** Page by page, because many may have come or gone since. */
function* candidates(world: World, collection: string, range: Range): Generator<ListedEver> {
  for (let { after } = range; ;) {
    const page = world.catalog.listedEver(collection, { ...range, after });
    yield* page;
    after = page.at(-1)?.id ?? null;
    if (page.length < range.limit || after === null) return;
  }
}

/** Null: it was not there. What is served still has its text in the catalog. Throws `gone`. */
function itemOf(world: World, { id, seq, isServedNow }: ListedEver): ListItem | null {
  const event = seq === null ? undefined : world.catalog.event(seq);
  if (event === undefined || event.kind !== 'valid' || event.digest === null) return null;
  const { path, digest, actor, atMs } = event;
  const served = isServedNow ? world.catalog.text(path) : undefined;
  const text = served ?? new TextDecoder().decode(bytesOfVersion(world, { ...event, digest }));
  return { id, text, etag: digest, seq: event.seq, path, modifiedMs: event.modifiedMs ?? atMs, actor, problem: null };
}

export function recent(
  world: World,
  scope: FeedScope,
  { before, limit }: { readonly before: Seq | null; readonly limit: number },
): Page<FeedEvent> {
  const newest = world.recorder.announcedSeq;
  const events = world.catalog.eventsBefore(scope, Math.min(before ?? newest + 1, newest + 1), limit + 1);
  const items = events.slice(0, limit).map((event) => feedEvent(event, scope));
  return { items, next: events.length > limit ? String(items.at(-1)?.seq) : null };
}

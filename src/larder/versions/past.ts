/** What was: moments, lists as they were, and the newest events first. */
import type { ListedEver } from '../../catalog/answers.ts';
import { openCursor, sealCursor } from '../../core/cursors.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import { feedEvent } from '../../core/feed.ts';
import { fileItemText } from '../../core/list-items.ts';
import { classify } from '../../core/refs.ts';
import type { At, FeedEvent, FeedScope, ListItem, ListOptions, Page } from '../../core/requests.ts';
import type { Moment } from '../../larder-versions.ts';
import { bytesOrRefusal } from '../../reconciler/bodies.ts';
import type { World } from '../../reconciler/world.ts';
import { seqAt } from '../moments.ts';
import { sayNearScope } from '../near-names.ts';
import { whyGone } from './why-gone.ts';

export const momentOf = (world: World, at: At): Moment => ({
  seq: seqAt(world, at),
  isAmbiguous: 'timeMs' in at && world.catalog.isAmbiguousTime(at.timeMs),
});

export type PastPage = Page<ListItem> & { readonly moment: Moment };

/** Looked up at once, and read for as long: each may have to be read from the log. */
const AT_ONCE = 100;
const SLICE_MS = 5;

/** The cursor carries the moment of the first page, so that a walk along a time stays at one seq whatever happens meanwhile. */
export async function listAt(
  world: World,
  cursorKey: Uint8Array,
  collection: string,
  { limit, prefix, cursor, at }: ListOptions & { readonly at: At },
): Promise<PastPage | undefined> {
  if (world.catalog.collection(collection) === undefined) return undefined;
  const scope = `list-at:${collection}?${prefix ?? ''}@${'seq' in at ? at.seq : `${at.timeMs} ms`}`;
  const [seq, isAmbiguous, first] = cursor === null ? firstOf(momentOf(world, at)) : opened(cursorKey, scope, cursor);
  const items: ListItem[] = [];
  for (let after = first; items.length <= limit;) {
    const read = readSome(world, collection, {
      seq,
      after,
      prefix,
      limit: Math.min(limit + 1 - items.length, AT_ONCE),
    });
    if (read.after === null) break;
    items.push(...read.items);
    after = read.after;
    await world.clock.yieldTurn();
  }
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const next =
    items.length > limit && last !== undefined ? sealCursor(cursorKey, scope, [seq, isAmbiguous, last.id]) : null;
  return { items: page, next, moment: { seq, isAmbiguous } };
}

type Looking = Parameters<World['catalog']['listedEver']>[1];

/** What is served now is known in this turn alone: what is not read in it is looked up again. */
function readSome(
  world: World,
  collection: string,
  looking: Looking,
): { readonly items: ListItem[]; readonly after: string | null } {
  const untilMs = world.clock.monotonicMs() + SLICE_MS;
  const items: ListItem[] = [];
  let after: string | null = null;
  for (const one of world.catalog.listedEver(collection, looking)) {
    items.push(...itemsOf(world, one));
    after = one.id;
    if (world.clock.monotonicMs() > untilMs) break;
  }
  return { items, after };
}

type Position = readonly [seq: Seq, isAmbiguous: boolean, after: string | null];

const firstOf = ({ seq, isAmbiguous }: Moment): Position => [seq, isAmbiguous, null];

const opened = (key: Uint8Array, scope: string, cursor: string): Position => openCursor(key, scope, cursor) as Position;

/**
 * None: it was not there. What is served still has its text in the catalog; a file is listed without its bytes. One version that the disk has damaged holds up no other: in
 * the place of its fields stands why (`_problem`). Throws `gone` for one that was pruned.
 */
function itemsOf(world: World, { id, seq, isServedNow }: ListedEver): ListItem[] {
  const event = seq === null ? undefined : world.catalog.event(seq);
  if (event === undefined || event.kind !== 'valid' || event.digest === null) return [];
  const { path, digest, size, actor, atMs } = event;
  const about = { id, etag: digest, seq: event.seq, path, modifiedMs: event.modifiedMs ?? atMs, actor };
  if (classify(path).kind === 'file') return [{ ...about, text: fileItemText({ size, digest }), problem: null }];
  const served = isServedNow ? world.catalog.text(path) : undefined;
  if (served !== undefined) return [{ ...about, text: served, problem: null }];
  const bytes = bytesOrRefusal(world, { ...event, digest });
  if (!(bytes instanceof LarderError)) return [{ ...about, text: new TextDecoder().decode(bytes), problem: null }];
  if (bytes.code === 'gone') throw bytes;
  const text = JSON.stringify({ _problem: { code: bytes.code, detail: bytes.message } });
  return [{ ...about, text, problem: bytes.code }];
}

/** A collection of which nothing is left has a history; one that never was is a mistake, and not an empty history. */
function refuseUnknown(world: World, scope: FeedScope): void {
  if (scope.kind === 'all' || isKnown(world, scope)) return;
  const what = scope.kind === 'namespace' ? `namespace ${scope.namespace}` : `collection ${scope.collection}`;
  const hint = sayNearScope(world, scope) ?? 'GET /v1, or larder status, lists what is there.';
  throw new LarderError('not_found', `${what} is not there, and never was`, { members: { hint } });
}

const isKnown = ({ catalog }: World, scope: Exclude<FeedScope, { kind: 'all' }>): boolean =>
  scope.kind === 'collection'
    ? catalog.collection(scope.collection) !== undefined
    : catalog.eventsBefore(scope, Number.MAX_SAFE_INTEGER, 1).length > 0 ||
      catalog.collections(scope.namespace).length > 0;

export function recent(
  world: World,
  scope: FeedScope,
  { before, limit }: { readonly before: Seq | null; readonly limit: number },
): Page<FeedEvent> {
  const newest = world.recorder.announcedSeq;
  if (before === null) refuseUnknown(world, scope);
  const events = world.catalog.eventsBefore(scope, Math.min(before ?? newest + 1, newest + 1), limit + 1);
  const items = events.slice(0, limit).map((event) => {
    const told = feedEvent(event, scope);
    const gone = told.digest === null ? null : whyGone(world, event);
    return gone === null ? told : { ...told, gone };
  });
  return { items, next: events.length > limit ? String(items.at(-1)?.seq) : null };
}

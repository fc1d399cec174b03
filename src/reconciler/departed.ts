/** What became of a document or file that is not there any more: whoever misses it wants to know, and to have it back. */
import type { StoredEvent } from '../catalog/answers.ts';
import { fullName } from '../core/feed.ts';
import { pathOf, type DocumentRef } from '../core/refs.ts';
import type { World } from './world.ts';

/** A hint; null where there was never anything. Costs one step in an index where nobody knows the path, and little otherwise. */
export function sayDeparted({ catalog }: Pick<World, 'catalog'>, ref: DocumentRef): string | null {
  const path = pathOf(ref);
  const last = catalog.departure(path);
  if (!last) return null;
  const name = `${ref.collection}/${ref.id}`;
  if (last.path !== path) return `It was moved to ${fullName(last.path)} ${said(last)}.`;
  return `It was deleted ${said(last)}. larder undo ${name} brings it back, larder log ${name} shows its versions; over HTTP POST …/_revert and GET …/_history do.`;
}

const said = ({ seq, atMs, actor }: StoredEvent): string =>
  `at seq ${seq}, ${new Date(atMs).toISOString()}, by ${actor}`;

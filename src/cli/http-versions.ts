/** Versions through a daemon. */
import { membersOf, itemsOf, rawOf, rootSpan, stringOf } from '../core/json/spans.ts';
import type { DocumentRef } from '../core/refs.ts';
import type { FeedEvent, FeedScope, Page } from '../core/requests.ts';
import type { ToldDeletion, ToldVersion } from '../core/told-versions.ts';
import type { Undone } from '../core/undo-requests.ts';
import type { Moment } from '../larder-versions.ts';
import { ask, getJson, pages, pathOf } from './http-asking.ts';
import type { PastList, VersionsAccess } from './versions-access.ts';

const urlOf = ({ collection, id }: DocumentRef): string => pathOf(`${collection}/${id}`);

export function httpVersions(url: string): VersionsAccess {
  return {
    history: async (ref, limit) =>
      (await getJson<Page<ToldVersion>>(url, `${urlOf(ref)}/_history?_limit=${limit}`)).items,
    recent: async (scope, limit) =>
      (await getJson<Page<FeedEvent>>(url, `${scopePath(scope)}/_history?_limit=${limit}`)).items,
    deleted: (collection) => pages<ToldDeletion>(url, `${pathOf(collection)}?_deleted=1`),
    async diff(ref, from, to, as) {
      const query = [from === null ? [] : [`_from=${from}`], to === null ? [] : [`_to=${to}`]].flat().join('&');
      const accept = as === 'text' ? 'text/plain' : 'application/json-patch+json';
      const { headers, text } = await ask(url, `${urlOf(ref)}/_diff?${query}`, { headers: { Accept: accept } });
      const seqs = { from: Number(headers.get('larder-from')), to: Number(headers.get('larder-to')) };
      return { ...seqs, text: as === 'text' ? text : text.trimEnd() };
    },
    async read(ref, at) {
      const query = at === null ? '' : `?_at=${encodeURIComponent(at)}`;
      const { headers, bytes } = await ask(url, `${urlOf(ref)}${query}`);
      return { bytes, moment: at === null ? null : momentOf(headers) };
    },
    version: async (ref, seq) => (await ask(url, `${urlOf(ref)}/_history/${seq}`)).bytes,
    listAt: (collection, at) => listAt(url, collection, at),
    async undo(request, isPreview) {
      const headers = { 'Content-Type': 'application/json', ...(isPreview && { Prefer: 'tx=rollback' }) };
      const { text } = await ask(url, '/v1/_undo', { method: 'POST', headers, body: JSON.stringify(request) });
      return JSON.parse(text) as Undone;
    },
  };
}

function scopePath(scope: FeedScope): string {
  if (scope.kind === 'all') return '/v1';
  return pathOf(scope.kind === 'namespace' ? scope.namespace : scope.collection);
}

function momentOf(headers: Headers): Moment {
  const [seq = '', mark] = (headers.get('larder-at') ?? '').split('; ');
  return { seq: Number(seq), isAmbiguous: mark === 'ambiguous' };
}

/** The items are cut from the page, so that their numbers stay as they are. */
async function* listAt(url: string, collection: string, at: string): AsyncGenerator<PastList> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&_cursor=${encodeURIComponent(cursor)}`;
    const { headers, text } = await ask(url, `${pathOf(collection)}?_at=${encodeURIComponent(at)}&_limit=1000${from}`);
    const members = new Map(membersOf(rootSpan(text)).map(({ key, value }) => [key, value]));
    const [items, next] = [members.get('items'), members.get('next')];
    if (items) yield { items: itemsOf(items).map(rawOf), moment: momentOf(headers) };
    cursor = next === undefined || rawOf(next) === 'null' ? null : stringOf(next);
  }
}

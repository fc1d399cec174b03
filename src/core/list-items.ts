/**
 * List items are cut from the text of the documents, not parsed and printed again: numbers keep their spelling, and a page
 * costs what its bytes cost.
 */
import type { Digest } from './digest.ts';
import { membersOf, rootSpan } from './json/spans.ts';
import type { ListItem } from './requests.ts';

/** `{"_id":…, …fields}`; with `withMeta` a `_meta` after the id. */
export function formatItem(item: ListItem, withMeta: boolean): string {
  const ours = `{"_id":${JSON.stringify(item.id)}${withMeta ? `,"_meta":${JSON.stringify(metaOf(item))}` : ''}`;
  const fields = mayHaveOurs.test(item.text) ? withoutOurs(item.text, withMeta) : insideOf(item.text);
  return fields === '' ? `${ours}}` : `${ours},${fields}}`;
}

/** What a list says of a file, in the place of the fields of a document. */
export const fileItemText = ({ size, digest }: { readonly size: number; readonly digest: Digest }): string =>
  JSON.stringify({ size, digest });

const metaOf = (item: ListItem): Record<string, unknown> => ({
  etag: item.etag,
  seq: item.seq,
  path: item.path,
  modified: new Date(item.modifiedMs).toISOString(),
  actor: item.actor,
  ...(item.problem !== null && { problem: item.problem }),
});

/** A document may have members of its own by these names, plainly or escaped; in a list ours stand for them. */
const mayHaveOurs = /"_(?:id|meta)"|\\u005f/i;

function withoutOurs(text: string, withMeta: boolean): string {
  const kept = membersOf(rootSpan(text)).filter(({ key }) => key !== '_id' && !(withMeta && key === '_meta'));
  return kept.map((member) => text.slice(member.keyStart, member.value.end)).join(',');
}

/** What stands between the outer braces. */
const insideOf = (text: string): string => text.slice(text.indexOf('{') + 1, text.lastIndexOf('}')).trim();

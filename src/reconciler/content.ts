import { parseValid } from '../core/json/exact-value.ts';
import { searchTextOf } from '../core/json/search-text.ts';
import type { DocumentContent } from '../catalog/types.ts';

const decoder = new TextDecoder('utf-8');

/** What lists and full text hold of a document's bytes; a byte order mark is not part of its text. */
export function contentOf(bytes: Uint8Array, searchText: string | null): DocumentContent {
  const text = decoder.decode(bytes);
  return { text, searchText: searchText ?? searchTextOf(parseValid(text)) };
}

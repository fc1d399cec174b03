import { decodeText } from '../core/json/read-json.ts';
import { parseValid } from '../core/json/exact-value.ts';
import { searchTextOf } from '../core/json/search-text.ts';
import type { DocumentContent } from '../catalog/types.ts';

/** What lists and full text hold of a document's bytes; a byte order mark is not part of its text. */
export function contentOf(bytes: Uint8Array, searchText: string | null): DocumentContent {
  const decoded = decodeText(bytes);
  const text = decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  return { text, searchText: searchText ?? searchTextOf(parseValid(text)) };
}

import { isJsonObject, type JsonValue } from './value.ts';

/** Beyond this a document is found by its beginning. */
const MAX_SEARCH_TEXT = 1_000_000;

/** All text of a document for full text search: its string values, a line each, at most about a million UTF-16 units. */
export function searchTextOf(value: JsonValue): string {
  const lines: string[] = [];
  collect(value, lines, MAX_SEARCH_TEXT);
  return lines.join('\n');
}

/** Adds the strings of a value; answers how much room is left. */
function collect(value: JsonValue, lines: string[], room: number): number {
  if (room <= 0) return 0;
  if (typeof value === 'string') {
    lines.push(value.length <= room ? value : value.slice(0, room).toWellFormed());
    return room - value.length - 1;
  }
  const children = Array.isArray(value)
    ? (value as readonly JsonValue[])
    : isJsonObject(value)
      ? Object.values(value)
      : [];
  let left = room;
  for (const child of children) left = collect(child, lines, left);
  return left;
}

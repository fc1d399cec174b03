import { isJsonObject, type JsonValue } from './value.ts';

/** Beyond this a document is found by its beginning. */
const MAX_SEARCH_TEXT = 1_000_000;

interface Collected {
  text: string;
  /** UTF-16 units that are left. */
  room: number;
}

/** All text of a document for full text search: its string values, a line each, at most about a million UTF-16 units. */
export function searchTextOf(value: JsonValue): string {
  const collected = { text: '', room: MAX_SEARCH_TEXT };
  collect(value, collected);
  return collected.text;
}

/** The engine joins strings that grow at their end at less than what a list of them costs. */
function collect(value: JsonValue, into: Collected): void {
  if (into.room <= 0) return;
  if (typeof value === 'string') {
    const line = value.length <= into.room ? value : value.slice(0, into.room).toWellFormed();
    into.text = into.room === MAX_SEARCH_TEXT ? line : `${into.text}\n${line}`;
    into.room -= value.length + 1;
  } else if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) if (isPossible(item)) collect(item, into);
  } else if (isJsonObject(value)) {
    for (const key in value) {
      const child = value[key];
      if (child !== undefined && isPossible(child)) collect(child, into);
    }
  }
}

const isPossible = (value: JsonValue): boolean => typeof value === 'string' || typeof value === 'object';

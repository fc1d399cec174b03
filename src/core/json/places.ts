import { indexOf, parsePointer } from './pointer.ts';
import { itemsOf, membersOf, rootSpan, type Span } from './spans.ts';

/** Both count from 1; columns in UTF-16 units, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of a position in a text. Lines end with \n, \r\n or \r; a byte order mark takes no column. */
export function placeAt(text: string, offset: number): Place {
  let line = 1;
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let at = start; at < offset; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x0a && (unit !== 0x0d || text.charCodeAt(at + 1) === 0x0a)) continue;
    line++;
    start = at + 1;
  }
  return { line, column: Math.max(offset - start, 0) + 1 };
}

/**
 * The place of the value that a JSON Pointer names in a valid text; of the nearest container around it when it is
 * missing.
 */
export function placeOf(text: string, pointer: string): Place {
  let span = rootSpan(text);
  for (const token of parsePointer(pointer) ?? []) {
    const child = childOf(span, token);
    if (child === null) break;
    span = child;
  }
  return placeAt(text, span.start);
}

function childOf(span: Span, token: string): Span | null {
  const opening = span.text[span.start];
  if (opening === '{') return membersOf(span).find(({ key }) => key === token)?.value ?? null;
  if (opening !== '[') return null;
  const items = itemsOf(span);
  const index = indexOf(token, items.length);
  return index === null ? null : (items[index] ?? null);
}

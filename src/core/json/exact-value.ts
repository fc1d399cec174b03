/**
 * What JSON.parse should give. In V8 from 12.8 on it may read a key that is spelled with an escape as another one: once the
 * key `\` was seen in an object of the same shape, "\n" and "\"" come out as `\` (nodejs/node#63785, open). Texts that have
 * such keys, few as they are, are taken apart here.
 */
import { itemsOf, kindOf, membersOf, rawOf, rootSpan, type Span } from './spans.ts';
import { scanText } from './text-scan.ts';
import type { JsonValue } from './value.ts';

/** The value of a text that was judged valid, safe from the engine's mistake. */
export const parseValid = (text: string): JsonValue =>
  parseGrammatical(text, text.includes('\\') && scanText(Buffer.from(text)).escapedKeys);

/** Throws SyntaxError when the text is not JSON. `escapedKeys`: whether a key holds a backslash. */
export function parseGrammatical(text: string, escapedKeys: boolean): JsonValue {
  const parsed = JSON.parse(text) as JsonValue;
  return escapedKeys ? valueOf(rootSpan(text)) : parsed;
}

function valueOf(span: Span): JsonValue {
  switch (kindOf(span)) {
    case 'object':
      // Own properties whatever the key is, `__proto__` included.
      return Object.fromEntries(membersOf(span).map(({ key, value }) => [key, valueOf(value)]));
    case 'array':
      return itemsOf(span).map(valueOf);
    case 'string':
    case 'number':
    case 'literal':
      return JSON.parse(rawOf(span)) as JsonValue;
  }
}

/**
 * A reader over JSON text that was judged valid before. It takes containers apart one level at a time and skips what is
 * inside their values without parsing it, so that touching one field of a large document costs one pass over its text.
 */
import { QUOTE, COMMA, OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE } from './characters.ts';
import { BrokenInvariant } from '../../util/assert.ts';

/** The exact range of one value in a text. */
export interface Span {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: Span;
}

/** Position of the first character that is not white space (RFC 8259 §2). */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** The value of a whole text, without the white space and the byte order mark around it. */
export function rootSpan(text: string): Span {
  const start = skipSpace(text, text.startsWith('\uFEFF') ? 1 : 0);
  let end = text.length;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return { text, start, end };
}

export const rawOf = ({ text, start, end }: Span): string => text.slice(start, end);

export type SpanKind = 'object' | 'array' | 'string' | 'number' | 'literal';

export function kindOf({ text, start }: Span): SpanKind {
  const unit = text.charCodeAt(start);
  if (unit === OPEN_BRACE) return 'object';
  if (unit === OPEN_BRACKET) return 'array';
  if (unit === QUOTE) return 'string';
  return unit >= 0x61 ? 'literal' : 'number';
}

/** The text was not judged before. Without this the loops below would not end. */
const unfinished = (): never => {
  throw new BrokenInvariant('only valid JSON is taken apart');
};

/** Position behind the string that begins at this quote. */
export function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!isEscaped(text, at)) return at + 1;
  }
  return unfinished();
}

/** Behind an odd number of backslashes. The engine finds quotes faster than a loop here finds what comes before them. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
}

function endOfContainer(text: string, opening: number): number {
  let depth = 0;
  for (let at = opening; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(text, at) - 1;
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) depth++;
    else if ((unit === CLOSE_BRACE || unit === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  return unfinished();
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  while (isPlain(text.charCodeAt(at))) at++;
  return at > start ? at : unfinished();
}

/** A character of a number or a word: false for white space, commas, closing brackets, and NaN at the end of the text. */
const isPlain = (unit: number): boolean =>
  unit > 0x20 && unit !== COMMA && unit !== CLOSE_BRACKET && unit !== CLOSE_BRACE;

function valueAt(text: string, start: number): Span {
  const unit = text.charCodeAt(start);
  if (unit === QUOTE) return { text, start, end: endOfString(text, start) };
  const isContainer = unit === OPEN_BRACE || unit === OPEN_BRACKET;
  return { text, start, end: isContainer ? endOfContainer(text, start) : endOfPlain(text, start) };
}

/** A string as its code units, escapes undone. */
export function stringOf({ text, start, end }: Span): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

function memberAt(text: string, keyStart: number): Member {
  const keyEnd = endOfString(text, keyStart);
  const colon = skipSpace(text, keyEnd);
  const key = stringOf({ text, start: keyStart, end: keyEnd });
  return { key, keyStart, keyEnd, value: valueAt(text, skipSpace(text, colon + 1)) };
}

/** A large object is opened to change it and again to edit its text: the second time costs nothing. */
const membersBySpan = new WeakMap<Span, readonly Member[]>();
const LARGE = 4096;

/** The members of an object in the order of the text. */
export function membersOf(span: Span): readonly Member[] {
  const known = membersBySpan.get(span);
  if (known) return known;
  const members = readMembers(span);
  if (span.end - span.start >= LARGE) membersBySpan.set(span, members);
  return members;
}

function readMembers({ text, start }: Span): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const member = memberAt(text, at);
    members.push(member);
    at = skipComma(text, member.value.end);
  }
  return members;
}

/** The items of an array. */
export function itemsOf({ text, start }: Span): Span[] {
  const items: Span[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const item = valueAt(text, at);
    items.push(item);
    at = skipComma(text, item.end);
  }
  return items;
}

function skipComma(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

/**
 * A JSON value on the way to its next version. What is not touched stays a span of the text it came from, spelling and
 * all; only containers on the way to a change are opened, one level at a time.
 */
import { itemsOf, kindOf, membersOf, type Span, type SpanKind } from './spans.ts';

export interface ObjectDraft {
  /** In the order of the text. */
  readonly members: Map<string, Draft>;
}

export interface ArrayDraft {
  readonly items: Draft[];
}

export type Draft = Span | ObjectDraft | ArrayDraft;

export const isSpan = (draft: Draft): draft is Span => 'text' in draft;

export const kindOfDraft = (draft: Draft): SpanKind =>
  isSpan(draft) ? kindOf(draft) : 'members' in draft ? 'object' : 'array';

/** The value with its outermost container open; a span then is a string, a number or a word. Costs a pass over its text. */
export function openDraft(draft: Draft): Draft {
  if (!isSpan(draft)) return draft;
  switch (kindOf(draft)) {
    case 'object':
      return { members: new Map(membersOf(draft).map(({ key, value }) => [key, value])) };
    case 'array':
      return { items: itemsOf(draft) };
    case 'string':
    case 'number':
    case 'literal':
      return draft;
  }
}

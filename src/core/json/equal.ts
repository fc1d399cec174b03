/** Equality of JSON values: members in any order, items in theirs, numbers as exact decimals, strings by code units. */
import { isSpan, openDraft, type ArrayDraft, type Draft, type ObjectDraft } from './draft.ts';
import { exactDecimal, sameNumber } from './numbers.ts';
import { kindOf, rawOf, rootSpan, stringOf, type Span } from './spans.ts';

/** Whether two valid JSON texts mean the same. */
export const equalJson = (aText: string, bText: string): boolean => equalDrafts(rootSpan(aText), rootSpan(bText));

/** Equal at first sight. Comparing whole texts for identity would read all of them each time. */
export const isSameSpelling = (a: Span, b: Span): boolean =>
  a.end - a.start === b.end - b.start && rawOf(a) === rawOf(b);

export function equalDrafts(a: Draft, b: Draft): boolean {
  if (isSpan(a) && isSpan(b) && isSameSpelling(a, b)) return true;
  const [openA, openB] = [openDraft(a), openDraft(b)];
  if ('members' in openA) return 'members' in openB && equalObjects(openA, openB);
  if ('items' in openA) return 'items' in openB && equalArrays(openA, openB);
  return isSpan(openB) && equalScalars(openA, openB);
}

function equalObjects(a: ObjectDraft, b: ObjectDraft): boolean {
  if (a.members.size !== b.members.size) return false;
  for (const [key, value] of a.members) {
    const other = b.members.get(key);
    if (other === undefined || !equalDrafts(value, other)) return false;
  }
  return true;
}

const equalArrays = (a: ArrayDraft, b: ArrayDraft): boolean =>
  a.items.length === b.items.length &&
  a.items.every((item, index) => {
    const other = b.items[index];
    return other !== undefined && equalDrafts(item, other);
  });

function equalScalars(a: Span, b: Span): boolean {
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (kind === 'number') return sameNumber(rawOf(a), rawOf(b));
  return kind === 'string' ? stringOf(a) === stringOf(b) : rawOf(a) === rawOf(b);
}

/** A text that is the same for two values exactly when they are equal. */
export function canonicalOf(draft: Draft): string {
  const opened = openDraft(draft);
  if ('items' in opened) return `[${opened.items.map(canonicalOf).join(',')}]`;
  if (isSpan(opened)) return canonicalScalar(opened);
  const members = [...opened.members].map(([key, value]) => `${JSON.stringify(key)}:${canonicalOf(value)}`);
  return `{${members.toSorted().join(',')}}`;
}

function canonicalScalar(span: Span): string {
  const kind = kindOf(span);
  if (kind === 'number') return exactDecimal(rawOf(span));
  return kind === 'string' ? JSON.stringify(stringOf(span)) : rawOf(span);
}

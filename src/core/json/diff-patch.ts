/** What changed between two texts, as a JSON Patch (RFC 6902): small for objects, item by item for arrays. */
import { align } from './align.ts';
import { openDraft, type Draft, type ObjectDraft } from './draft.ts';
import { equalDrafts } from './equal.ts';
import { compact } from './layout.ts';
import { below } from './pointer.ts';
import { itemsOf, kindOf, membersOf, rawOf, rootSpan, type Span } from './spans.ts';

/**
 * The text of a patch that makes `aText` equal to `bText`, values spelled as in `bText`; `[]` when they are equal. Both are
 * valid JSON. Never much longer than a patch that replaces the whole.
 */
export function diffPatch(aText: string, bText: string): string {
  return `[${diffValue(rootSpan(aText), rootSpan(bText), '').join(',')}]`;
}

const MUCH = 2;
const FEW_CHARACTERS = 64;

const operation = (op: 'add' | 'replace', path: string, value: Draft): string =>
  `{"op":"${op}","path":${JSON.stringify(path)},"value":${compact(value)}}`;

const removal = (path: string): string => `{"op":"remove","path":${JSON.stringify(path)}}`;

function diffValue(a: Span, b: Draft, path: string): string[] {
  if ('text' in b && rawOf(a) === rawOf(b)) return [];
  const next = openDraft(b);
  if (kindOf(a) === 'object' && 'members' in next) return shorter(diffObject(a, next, path), path, b);
  if (kindOf(a) === 'array' && 'items' in next) return shorter(diffArray(a, next.items, path), path, b);
  return equalDrafts(a, next) ? [] : [operation('replace', path, b)];
}

/** One replacement, when the operations would be much longer than the value itself. */
function shorter(operations: string[], path: string, value: Draft): string[] {
  if (operations.length < 2 || !('text' in value)) return operations;
  const length = operations.reduce((sum, { length }) => sum + length + 1, 0);
  const longest = MUCH * (value.end - value.start) + path.length + FEW_CHARACTERS;
  return length > longest ? [operation('replace', path, value)] : operations;
}

function diffObject(a: Span, b: ObjectDraft, path: string): string[] {
  const added = new Map(b.members);
  const changes = membersOf(a).flatMap(({ key, value }) => {
    const next = added.get(key);
    added.delete(key);
    return next === undefined ? [removal(below(path, key))] : diffValue(value, next, below(path, key));
  });
  return [...changes, ...[...added].map(([key, value]) => operation('add', below(path, key), value))];
}

/** Operations apply in order, so that an item's position counts what went and came before it. */
function diffArray(a: Span, next: readonly Draft[], path: string): string[] {
  const items = itemsOf(a);
  let at = 0;
  return align(items, next).flatMap((step) => {
    if (step.is === 'gone') return [removal(below(path, at))];
    const here = below(path, at++);
    if (step.is === 'same') return [];
    const old = step.is === 'changed' ? items[step.old] : undefined;
    return old === undefined ? [operation('add', here, step.next)] : diffValue(old, step.next, here);
  });
}

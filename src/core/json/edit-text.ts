/**
 * The polite writer (DESIGN 4): text is edited, not written anew. What is equal keeps its spelling and its place; a
 * change touches the lines it must.
 */
import { align, type Step } from './align.ts';
import { isSpan, kindOfDraft, openDraft, type ArrayDraft, type Draft, type ObjectDraft } from './draft.ts';
import { equalDrafts, isSameSpelling } from './equal.ts';
import { render, renderMember, spotOfText, type Spot } from './layout.ts';
import { applyEdits, listEdits, readList, spotAmong, type Edit, type EntryList, type Slot } from './list-edits.ts';
import { itemsOf, kindOf, membersOf, rootSpan, type Member, type Span } from './spans.ts';

/** The smallest edit of the old text that makes it equal to the new one. The very same string when it is already. */
export const editText = (oldText: string, newText: string): string => editTo(rootSpan(oldText), rootSpan(newText));

/** As `editText`, of the text that `root` spans, to a value that may still share spans with it; those cost nothing. */
export function editTo(root: Span, target: Draft): string {
  const edits: Edit[] = [];
  editValue(root, target, spotOfText(root.text), edits);
  return applyEdits(root.text, edits);
}

/** The text without one member of its outermost object. */
export function withoutMember(text: string, key: string): string {
  const root = rootSpan(text);
  const opened = openDraft(root);
  return 'members' in opened && opened.members.delete(key) ? editTo(root, opened) : text;
}

function editValue(old: Span, target: Draft, at: Spot, edits: Edit[]): void {
  if (isSpan(target) && isSameSpelling(old, target)) return;
  const [kind, next] = [kindOf(old), openDraft(target)];
  if (kind === 'object' && 'members' in next) editObject(old, next, at, edits);
  else if (kind === 'array' && 'items' in next) editArray(old, next, at, edits);
  else if (!equalDrafts(old, next)) edits.push({ start: old.start, end: old.end, text: render(target, at) });
}

const spotFor = (list: EntryList, value: Draft): Spot => {
  const kind = kindOfDraft(value);
  return kind === 'object' || kind === 'array' ? spotAmong(list, kind) : list.spot;
};

const slotOfMember = ({ keyStart, keyEnd, value }: Member): Slot => ({
  start: keyStart,
  end: value.end,
  value,
  colon: value.text.slice(keyEnd, value.start),
});

function editObject(old: Span, next: ObjectDraft, at: Spot, edits: Edit[]): void {
  const members = membersOf(old);
  const list = readList(old, members.map(slotOfMember), at);
  const plan: (number | string)[] = [];
  const added = new Map(next.members);
  for (const [index, { key, value }] of members.entries()) {
    const target = next.members.get(key);
    added.delete(key);
    if (target === undefined) continue;
    plan.push(index);
    editValue(value, target, spotFor(list, target), edits);
  }
  for (const [key, value] of added) plan.push(renderMember(key, value, spotFor(list, value)));
  for (const edit of listEdits(list, plan)) edits.push(edit);
}

function editArray(old: Span, next: ArrayDraft, at: Spot, edits: Edit[]): void {
  const items = itemsOf(old);
  const slots = items.map((value): Slot => ({ start: value.start, end: value.end, value, colon: '' }));
  const list = readList(old, slots, at);
  const plan = align(items, next.items).flatMap((step) => planItem(step, items, list, edits));
  for (const edit of listEdits(list, plan)) edits.push(edit);
}

function planItem(step: Step, items: readonly Span[], list: EntryList, edits: Edit[]): (number | string)[] {
  if (step.is === 'gone') return [];
  if (step.is === 'same') return [step.old];
  if (step.is === 'new') return [render(step.next, spotFor(list, step.next))];
  const value = items[step.old];
  if (value !== undefined) editValue(value, step.next, spotFor(list, step.next), edits);
  return [step.old];
}

/**
 * Minimal edits of one container's text. An entry is a member or an item; entries that stay keep every character around
 * them, entries that go take their comma and line with them, entries that come copy the way their siblings stand.
 */
import { deeper, spansLines, type Spot } from './layout.ts';
import { kindOf, skipSpace, type Span } from './spans.ts';

/** A piece of the old text to be replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One entry as it stands in the text. */
export interface Slot {
  readonly start: number;
  readonly end: number;
  readonly value: Span;
  /** Between key and value; '' for an item. */
  readonly colon: string;
}

export interface EntryList {
  readonly container: Span;
  readonly slots: readonly Slot[];
  /** Around the entries of a list that was empty. */
  readonly lead: string;
  readonly tail: string;
  /** Comma and space between two entries. */
  readonly joiner: string;
  /** Where entries stand. */
  readonly spot: Spot;
}

/** What the container holds next, in order: old entries by their number, new ones by their text. */
export type Plan = readonly (number | string)[];

const lineBreak = /[\r\n]/;
const afterLastBreak = (text: string): string =>
  text.slice(Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1);
const indentOf = (text: string): string => /^[ \t]*/.exec(text)?.[0] ?? '';

/** Reads how the entries of a container stand. `at` is where the container itself stands. */
export function readList(container: Span, slots: readonly Slot[], at: Spot): EntryList {
  const last = slots.at(-1);
  if (last === undefined) return emptyList(container, at);
  const joiner = joinerOf(container, slots, at);
  const colon = lineBreak.test(last.colon) ? '' : last.colon;
  const style = colon === '' ? at.style : { ...at.style, colon };
  const indent = lineBreak.test(joiner) ? indentOf(afterLastBreak(joiner)) : indentOfLines(last);
  return { container, slots, lead: '', tail: '', joiner, spot: { style, indent } };
}

function emptyList(container: Span, at: Spot): EntryList {
  const spot = deeper(at);
  const list = { container, slots: [], spot };
  if (spot.indent === null) return { ...list, lead: '', tail: '', joiner: at.style.comma };
  const line = at.style.eol + spot.indent;
  return { ...list, lead: line, tail: at.style.eol + at.indent, joiner: `,${line}` };
}

function joinerOf({ text, start }: Span, slots: readonly Slot[], { style }: Spot): string {
  const [last, beforeLast] = [slots.at(-1), slots.at(-2)];
  const space = text.slice(beforeLast?.end ?? start + 1, last?.start);
  if (!lineBreak.test(space)) return beforeLast === undefined ? style.comma : space;
  // A comma at the beginning of the line stays there; blank lines between two entries are not copied.
  return afterLastBreak(space).includes(',')
    ? style.eol + afterLastBreak(space)
    : `,${style.eol}${afterLastBreak(space)}`;
}

/** Entries that follow each other in one line may span lines themselves, as in `}, {`. */
const indentOfLines = ({ value }: Slot): string | null =>
  spansLines(value) ? indentOf(afterLastBreak(value.text.slice(value.start, value.end))) : null;

/** Where a new container among these entries stands: in one line when the last sibling of its kind does. */
export function spotAmong({ slots, spot }: EntryList, kind: 'object' | 'array'): Spot {
  const sibling = slots.findLast(({ value }) => kindOf(value) === kind && value.end - value.start > 2)?.value;
  return sibling === undefined || spansLines(sibling) ? spot : { ...spot, indent: null };
}

export function listEdits(list: EntryList, plan: Plan): Edit[] {
  const edits: Edit[] = [];
  let [kept, added]: [number, string[]] = [-1, []];
  for (const entry of [...plan, list.slots.length]) {
    if (typeof entry === 'string') added.push(entry);
    else {
      edits.push(...gapEdit(list, kept, entry, added));
      [kept, added] = [entry, []];
    }
  }
  return edits;
}

/** The edit between two entries that stay; -1 and the number of slots stand for the ends of the container. */
function gapEdit(list: EntryList, before: number, after: number, added: readonly string[]): Edit[] {
  const [firstGone, lastGone] = after - before > 1 ? [list.slots[before + 1], list.slots[after - 1]] : [];
  if (firstGone === undefined || lastGone === undefined)
    return added.length > 0 ? [insertion(list, before, after, added)] : [];
  if (added.length === 0) return [removal(list, before, after, lastGone)];
  return [{ start: firstGone.start, end: lastGone.end, text: added.join(list.joiner) }];
}

function insertion(list: EntryList, before: number, after: number, added: readonly string[]): Edit {
  const { container, slots, lead, tail, joiner } = list;
  const [previous, next] = [slots[before], slots[after]];
  if (previous !== undefined) {
    return { start: previous.end, end: previous.end, text: added.map((text) => joiner + text).join('') };
  }
  if (next !== undefined)
    return { start: next.start, end: next.start, text: added.map((text) => text + joiner).join('') };
  return { start: container.start + 1, end: container.end - 1, text: lead + added.join(joiner) + tail };
}

function removal({ container, slots }: EntryList, before: number, after: number, lastGone: Slot): Edit {
  const [previous, next] = [slots[before], slots[after]];
  if (next === undefined) {
    return previous === undefined
      ? { start: container.start + 1, end: container.end - 1, text: '' }
      : { start: previous.end, end: lastGone.end, text: '' };
  }
  const { text } = container;
  const end = behindComma(text, lastGone.end);
  if (previous !== undefined) return { start: behindComma(text, previous.end), end, text: '' };
  const nextHasOwnLine = lineBreak.test(text.slice(end, next.start));
  return nextHasOwnLine
    ? { start: container.start + 1, end, text: '' }
    : { start: slots[0]?.start ?? end, end: next.start, text: '' };
}

const behindComma = (text: string, end: number): number => skipSpace(text, end) + 1;

export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return pieces.join('') + text.slice(at);
}

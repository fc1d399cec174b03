/** The operations of a JSON Patch (RFC 6902 §4), read and judged before any is applied. */
import { LarderError } from '../errors.ts';
import type { Fault } from '../events.ts';
import { openDraft, type Draft } from './draft.ts';
import { formatPointer, parsePointer } from './pointer.ts';
import { readJsonValue } from './read-json.ts';
import { kindOf, rootSpan, stringOf, type Span } from './spans.ts';

export type Operation = { readonly index: number; readonly path: readonly string[] } & (
  | { readonly op: 'add' | 'replace' | 'test'; readonly value: Draft }
  | { readonly op: 'remove' }
  | { readonly op: 'move' | 'copy'; readonly from: readonly string[] }
);

const NAMES = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;
type Name = (typeof NAMES)[number];

/** As many as one change set may hold. */
const MAX_OPERATIONS = 10_000;
const MAX_FAULTS = 20;

/**
 * Judges the text as JSON first, because no document has an array at its top. Throws `bad_json`, and `bad_patch` with a
 * fault for each malformed operation, its pointer leading into the patch.
 */
export function readOperations(patchText: string): Operation[] {
  const root = openDraft(rootSpan(judged(patchText)));
  if (!('items' in root)) throw new LarderError('bad_patch', 'A JSON Patch is an array of operations.');
  if (root.items.length > MAX_OPERATIONS) {
    throw new LarderError(
      'bad_patch',
      `A JSON Patch has at most ${MAX_OPERATIONS} operations, not ${root.items.length}.`,
    );
  }
  const faults: Fault[] = [];
  const operations = root.items.flatMap((item, index) => {
    const read = readOperation(item, index);
    if ('op' in read) return [read];
    faults.push(read);
    return [];
  });
  const [first] = faults;
  if (first !== undefined) throw new LarderError('bad_patch', first.detail, { errors: faults.slice(0, MAX_FAULTS) });
  return operations;
}

function judged(patchText: string): string {
  const read = readJsonValue(Buffer.from(patchText));
  if (read.kind === 'valid') return read.text;
  throw new LarderError('bad_json', read.faults[0]?.detail ?? 'the patch is not JSON', { errors: read.faults });
}

const malformed = (index: number, member: string | null, detail: string): Fault => ({
  code: 'patch_operation',
  detail: `operation ${index}: ${detail}`,
  pointer: formatPointer(member === null ? [index] : [index, member]),
});

function readOperation(item: Draft, index: number): Operation | Fault {
  const opened = openDraft(item);
  if (!('members' in opened)) return malformed(index, null, 'it is not an object');
  const op = nameFrom(opened.members.get('op'));
  if (op === null) return malformed(index, 'op', `op is one of ${NAMES.join(', ')}`);
  const path = pointerFrom(opened.members.get('path'));
  if (path === null) return malformed(index, 'path', 'path is a JSON Pointer, "" or /…');
  if (op === 'remove') return { index, op, path };
  if (op === 'move' || op === 'copy') {
    const from = pointerFrom(opened.members.get('from'));
    return from === null ? malformed(index, 'from', 'from is a JSON Pointer, "" or /…') : { index, op, path, from };
  }
  const value = opened.members.get('value');
  return value === undefined ? malformed(index, 'value', `${op} needs a value`) : { index, op, path, value };
}

const textFrom = (draft: Draft | undefined): string | null =>
  draft !== undefined && 'text' in draft && kindOf(draft) === 'string' ? stringOf(draft satisfies Span) : null;

const nameFrom = (draft: Draft | undefined): Name | null => NAMES.find((name) => name === textFrom(draft)) ?? null;

function pointerFrom(draft: Draft | undefined): string[] | null {
  const text = textFrom(draft);
  return text === null ? null : parsePointer(text);
}

/**
 * JSON Patch (RFC 6902) on text, politely. Operations work on a draft, which shares everything untouched with the old
 * text; the text itself is edited once, at the end, so that a patch applies whole or not at all.
 */
import { LarderError } from '../errors.ts';
import { isSpan, openDraft, type ArrayDraft, type Draft, type ObjectDraft } from './draft.ts';
import { editTo } from './edit-text.ts';
import { equalDrafts } from './equal.ts';
import { readOperations, type Operation } from './patch-operations.ts';
import { formatPointer, indexOf } from './pointer.ts';
import { rootSpan } from './spans.ts';

/** What `copy` may add in all: twice as much would not fit a document, and repeated copies double. */
const MAX_COPIED = 16 * 1024 * 1024;
/** No document is deeper, and what is opened is walked recursively. */
const MAX_OPEN_DEPTH = 128;

interface Patching {
  /** Holds the document as its only item, so that the document is the child of something, too. */
  readonly holder: ArrayDraft;
  copied: number;
}

/** Why an operation does not apply. */
class Refused extends Error {}

/**
 * The old text is valid JSON; the patch is judged here. The result is to be judged again: it may be too large or too deep.
 * Throws `bad_json` and `bad_patch` for a malformed patch, `patch_failed` for one that does not apply, and `too_large`;
 * `errors` names the operation.
 */
export function jsonPatch(oldText: string, patchText: string): string {
  const operations = readOperations(patchText);
  const root = rootSpan(oldText);
  const patching: Patching = { holder: { items: [root] }, copied: 0 };
  for (const operation of operations) applyOrThrow(patching, operation);
  const [result] = patching.holder.items;
  if (result === undefined) return oldText;
  if (isDeeper(result, MAX_OPEN_DEPTH)) throw new LarderError('patch_failed', 'The result would be nested too deep.');
  return editTo(root, result);
}

/** Looks no further than the limit, so that the result of many moves into each other is safe to walk. */
function isDeeper(draft: Draft, levels: number): boolean {
  if (isSpan(draft)) return false;
  const children = 'items' in draft ? draft.items : [...draft.members.values()];
  return levels === 0 || children.some((child) => isDeeper(child, levels - 1));
}

function applyOrThrow(patching: Patching, operation: Operation): void {
  try {
    apply(patching, operation);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const detail = `operation ${operation.index} (${operation.op}): ${error.message}`;
    const code = operation.op === 'test' ? 'patch_test' : 'patch_path';
    throw new LarderError('patch_failed', detail, {
      errors: [{ code, detail, pointer: formatPointer(operation.path) }],
    });
  }
}

function apply(patching: Patching, operation: Operation): void {
  switch (operation.op) {
    case 'add':
      return add(patching, operation.path, operation.value);
    case 'remove':
      return void remove(patching, operation.path);
    case 'replace':
      return put(parentOf(patching, operation.path), operation.value);
    case 'move':
      return move(patching, operation.from, operation.path);
    case 'copy':
      return add(
        patching,
        operation.path,
        copy(patching, childAt(parentOf(patching, operation.from)), operation.from.length),
      );
    case 'test':
      if (!equalDrafts(childAt(parentOf(patching, operation.path)), operation.value)) {
        throw new Refused(`the value at ${shown(operation.path)} is another`);
      }
  }
}

/** A place in a container: its last reference token, and the pointer for messages. */
interface Position {
  readonly container: ObjectDraft | ArrayDraft;
  readonly token: string;
  readonly path: readonly string[];
}

const shown = (path: readonly string[]): string => (path.length === 0 ? 'the document' : formatPointer(path));

/** Opens everything on the way to the last token, which may or may not be there. */
function parentOf({ holder }: Patching, path: readonly string[]): Position {
  if (path.length > MAX_OPEN_DEPTH) throw new Refused(`nothing is that deep (${path.length} levels)`);
  let container: ObjectDraft | ArrayDraft = holder;
  let token = '0';
  for (const [depth, next] of path.entries()) {
    const position: Position = { container, token, path: path.slice(0, depth) };
    const opened = openDraft(childAt(position));
    if (isSpan(opened)) throw new Refused(`${shown(position.path)} is neither object nor array`);
    put(position, opened);
    [container, token] = [opened, next];
  }
  return { container, token, path };
}

function childAt({ container, token, path }: Position): Draft {
  const child = 'members' in container ? container.members.get(token) : container.items[indexIn(container, token)];
  if (child === undefined) throw new Refused(`nothing is at ${shown(path)}`);
  return child;
}

const indexIn = ({ items }: ArrayDraft, token: string): number => indexOf(token, items.length) ?? -1;

/** Puts a value in the place of the one that is there. */
function put(position: Position, value: Draft): void {
  childAt(position);
  const { container, token } = position;
  if ('members' in container) container.members.set(token, value);
  else container.items[indexIn(container, token)] = value;
}

function add(patching: Patching, path: readonly string[], value: Draft): void {
  const position = parentOf(patching, path);
  const { container, token } = position;
  if (container === patching.holder) put(position, value);
  else if ('members' in container) container.members.set(token, value);
  else container.items.splice(insertionIndex(container, position), 0, value);
}

function insertionIndex({ items }: ArrayDraft, { token, path }: Position): number {
  const index = token === '-' ? items.length : indexOf(token, items.length + 1);
  if (index === null) throw new Refused(`${shown(path)} is no position of the array, which has ${items.length} items`);
  return index;
}

function remove(patching: Patching, path: readonly string[]): Draft {
  const position = parentOf(patching, path);
  const child = childAt(position);
  const { container, token } = position;
  if (container === patching.holder) throw new Refused('the whole document cannot be removed by a patch');
  if ('members' in container) container.members.delete(token);
  else container.items.splice(indexIn(container, token), 1);
  return child;
}

function move(patching: Patching, from: readonly string[], path: readonly string[]): void {
  const isInside = from.every((token, depth) => path[depth] === token);
  if (isInside && path.length > from.length) throw new Refused('a value cannot move into itself');
  if (isInside) return void childAt(parentOf(patching, from));
  add(patching, path, remove(patching, from));
}

/** A copy that later operations change alone. Spans never change, so only what was opened is copied. */
function copy(patching: Patching, value: Draft, depth: number): Draft {
  if (depth > MAX_OPEN_DEPTH) throw new Refused('the value is nested too deep to be copied');
  patching.copied += isSpan(value) ? value.end - value.start : 2;
  if (patching.copied > MAX_COPIED)
    throw new LarderError('too_large', `A patch copies at most ${MAX_COPIED} characters.`);
  if (isSpan(value)) return value;
  if ('items' in value) return { items: value.items.map((item) => copy(patching, item, depth + 1)) };
  return { members: new Map([...value.members].map(([key, child]) => [key, copy(patching, child, depth + 1)])) };
}

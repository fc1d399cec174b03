import { LarderError } from '../errors.ts';
import { kindOfDraft, openDraft, type Draft, type ObjectDraft } from './draft.ts';
import { editTo } from './edit-text.ts';
import { rawOf, rootSpan, type Span } from './spans.ts';

/**
 * Applies a JSON Merge Patch (RFC 7396) to a text, politely. Both are valid JSON. The result is to be judged again: it may
 * be too large or too deep. Throws `bad_patch` when the patch is no object, which would leave no document.
 */
export function mergePatch(oldText: string, patchText: string): string {
  const patch = rootSpan(patchText);
  if (kindOfDraft(patch) !== 'object') throw new LarderError('bad_patch', 'A merge patch of a document is an object.');
  const root = rootSpan(oldText);
  return editTo(root, merged(root, patch));
}

function merged(target: Draft | undefined, patch: Span): Draft {
  const changes = openDraft(patch);
  if (!('members' in changes)) return patch;
  const result = objectFrom(target);
  for (const [key, change] of changes.members) {
    // The patch was opened just now: what it holds are spans of its text.
    if (rawOf(change as Span) === 'null') result.members.delete(key);
    else result.members.set(key, merged(result.members.get(key), change as Span));
  }
  return result;
}

function objectFrom(target: Draft | undefined): ObjectDraft {
  const opened = target === undefined ? undefined : openDraft(target);
  return opened !== undefined && 'members' in opened ? opened : { members: new Map() };
}

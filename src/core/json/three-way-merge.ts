/**
 * Two versions of a document that grew from one base, made into one. Values are compared by their path: what only one side
 * changed is taken from it, what both changed alike is taken once, what both changed differently is a conflict.
 *
 *            base     yours    theirs     result
 *            -------  -------  ---------  -------------------------------------------------
 *            a        a        t          t
 *            a        y        a          y
 *            any      v        v          v
 *            object   object   object     member by member
 *            anything else                conflict: both sides are told, nothing is chosen
 *
 * Objects alone are gone into. An item of an array has no name: its position says nothing once somebody inserted before it,
 * so two edits of one array are a conflict even where they touch different positions. A member that both sides added is one
 * as well, objects included: nothing says that both meant the same thing.
 */
import { openDraft, type Draft, type ObjectDraft } from './draft.ts';
import { editTo } from './edit-text.ts';
import { equalDrafts } from './equal.ts';
import { compact } from './layout.ts';
import { below } from './pointer.ts';
import { rootSpan } from './spans.ts';

/** One value that both sides changed; JSON texts, null where a side has none. */
interface MergeConflict {
  readonly pointer: string;
  readonly base: string | null;
  readonly yours: string | null;
  readonly theirs: string | null;
}

export type Merge =
  | { readonly kind: 'merged'; readonly text: string }
  /** At least one, in the order of the texts. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly MergeConflict[] };

type MaybeDraft = Draft | undefined;

/** All three are valid JSON texts of documents. The result edits `theirs`, so that its layout and spelling stay. */
export function threeWayMerge(base: string, yours: string, theirs: string): Merge {
  const conflicts: MergeConflict[] = [];
  const root = rootSpan(theirs);
  const merged = mergeValue(rootSpan(base), rootSpan(yours), root, '', conflicts);
  if (conflicts.length > 0 || merged === undefined) return { kind: 'conflict', conflicts };
  return { kind: 'merged', text: editTo(root, merged) };
}

function mergeValue(
  base: MaybeDraft,
  yours: MaybeDraft,
  theirs: MaybeDraft,
  pointer: string,
  conflicts: MergeConflict[],
): MaybeDraft {
  if (isSame(yours, theirs) || isSame(base, yours)) return theirs;
  if (isSame(base, theirs)) return yours;
  const [b, y, t] = [asObject(base), asObject(yours), asObject(theirs)];
  if (b !== null && y !== null && t !== null) return mergeMembers(b, y, t, pointer, conflicts);
  conflicts.push({ pointer, base: textOf(base), yours: textOf(yours), theirs: textOf(theirs) });
  return theirs;
}

/** In the order of theirs; what you added comes behind it. */
function mergeMembers(
  base: ObjectDraft,
  yours: ObjectDraft,
  theirs: ObjectDraft,
  pointer: string,
  conflicts: MergeConflict[],
): ObjectDraft {
  const members = new Map<string, Draft>();
  for (const key of new Set([...theirs.members.keys(), ...yours.members.keys()])) {
    const [b, y, t] = [base.members.get(key), yours.members.get(key), theirs.members.get(key)];
    const merged = mergeValue(b, y, t, below(pointer, key), conflicts);
    if (merged !== undefined) members.set(key, merged);
  }
  return { members };
}

const isSame = (a: MaybeDraft, b: MaybeDraft): boolean =>
  a === undefined || b === undefined ? a === b : equalDrafts(a, b);

function asObject(draft: MaybeDraft): ObjectDraft | null {
  if (draft === undefined) return null;
  const opened = openDraft(draft);
  return 'members' in opened ? opened : null;
}

const textOf = (draft: MaybeDraft): string | null => (draft === undefined ? null : compact(draft));

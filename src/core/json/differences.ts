/** How far two documents are from each other, in the places that a three-way merge tells apart. */
import { openDraft, type Draft } from './draft.ts';
import { equalDrafts } from './equal.ts';
import { rootSpan } from './spans.ts';

/** Members that only one has or that differ, objects gone into, arrays as a whole. Both are valid JSON. */
export const countDifferences = (aText: string, bText: string): number => count(rootSpan(aText), rootSpan(bText));

function count(a: Draft, b: Draft): number {
  if (equalDrafts(a, b)) return 0;
  const [openA, openB] = [openDraft(a), openDraft(b)];
  if (!('members' in openA) || !('members' in openB)) return 1;
  let sum = 0;
  for (const key of new Set([...openA.members.keys(), ...openB.members.keys()])) {
    const [inA, inB] = [openA.members.get(key), openB.members.get(key)];
    sum += inA === undefined || inB === undefined ? 1 : count(inA, inB);
  }
  return sum;
}

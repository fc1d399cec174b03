/** Which items of an array stayed, changed, went and came: what a small diff and a polite edit of an array rest on. */
import { diffArrays } from 'diff';
import { canonicalOf, equalDrafts } from './equal.ts';
import type { Draft } from './draft.ts';
import type { Span } from './spans.ts';

export type Step =
  | { readonly is: 'same'; readonly old: number }
  /** Another value in the same place. */
  | { readonly is: 'changed'; readonly old: number; readonly next: Draft }
  | { readonly is: 'gone'; readonly old: number }
  | { readonly is: 'new'; readonly next: Draft };

/** Beyond this many insertions and removals the exact alignment (Myers, quadratic in them) is not worth its time. */
const MAX_EDIT_LENGTH = 400;

/** The steps from one array to the other, in its order: common ends are kept, then the longest common parts between. */
export function align(old: readonly Span[], next: readonly Draft[]): Step[] {
  const shorter = Math.min(old.length, next.length);
  const head = countEqual(shorter, (n) => [old[n], next[n]]);
  const tail = countEqual(shorter - head, (n) => [old[old.length - 1 - n], next[next.length - 1 - n]]);
  const middle = alignMiddle(old.slice(head, old.length - tail), next.slice(head, next.length - tail), head);
  return [...same(0, head), ...middle, ...same(old.length - tail, tail)];
}

function countEqual(limit: number, pairAt: (n: number) => readonly [Span | undefined, Draft | undefined]): number {
  let count = 0;
  for (; count < limit; count++) {
    const [a, b] = pairAt(count);
    if (a === undefined || b === undefined || !equalDrafts(a, b)) break;
  }
  return count;
}

const same = (from: number, count: number): Step[] =>
  Array.from({ length: count }, (_, n) => ({ is: 'same', old: from + n }));

function alignMiddle(old: readonly Span[], next: readonly Draft[], from: number): Step[] {
  if (old.length === 0 || next.length === 0 || old.length + next.length === 2) return paired(from, old.length, next);
  const runs = diffArrays(old.map(canonicalOf), next.map(canonicalOf), { maxEditLength: MAX_EDIT_LENGTH });
  if (runs === undefined) return paired(from, old.length, next);
  const steps: Step[][] = [];
  let [oldAt, nextAt, gone] = [from, 0, 0];
  for (const { count, added, removed } of runs) {
    if (removed) {
      gone += count;
      continue;
    }
    steps.push(added ? paired(oldAt, gone, next.slice(nextAt, nextAt + count)) : paired(oldAt, gone, []));
    if (!added) steps.push(same(oldAt + gone, count));
    [oldAt, nextAt, gone] = [oldAt + gone + (added ? 0 : count), nextAt + count, 0];
  }
  return [...steps.flat(), ...paired(oldAt, gone, [])];
}

/** A run of old items against a run of new ones: one by one, then the rest of the longer. */
function paired(from: number, count: number, next: readonly Draft[]): Step[] {
  const steps: Step[] = next.map((draft, n) =>
    n < count ? { is: 'changed', old: from + n, next: draft } : { is: 'new', next: draft },
  );
  for (let n = next.length; n < count; n++) steps.push({ is: 'gone', old: from + n });
  return steps;
}

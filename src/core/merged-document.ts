/**
 * A write that was made for an earlier version, merged with what happened since (json/three-way-merge.ts) and judged. Pure, and its
 * outcome a value that crosses threads like that of any edit (edited-document.ts).
 */
import { editDocument, refusedOr, type EditOutcome, type Writing } from './edited-document.ts';
import type { JudgeValue } from './examine.ts';
import { decodeText, encodeText } from './json/read-json.ts';
import { threeWayMerge, type Merge } from './json/three-way-merge.ts';
import { newBytes } from './new-bytes.ts';

/** The JSON texts of both sides and of their base; a side that has no value is left out. Null: too long to be told. */
export interface ToldConflict {
  readonly pointer: string;
  readonly sides: Readonly<Record<string, string>> | null;
}

export interface MergeConflicts {
  readonly kind: 'conflict';
  readonly count: number;
  /** The first of them, as far as they can be told. */
  readonly told: readonly ToldConflict[];
}

export type MergeOutcome = EditOutcome | MergeConflicts;

/** `base`: what the change was made for; `current`: the valid text on disk, null where it was deleted meanwhile. */
export function tryMerge(
  change: Writing,
  base: Uint8Array,
  current: Uint8Array | null,
  judge: JudgeValue,
): MergeOutcome {
  return refusedOr(() => {
    const yours = newBytes(change, base) ?? base;
    const merge =
      current === null
        ? deletedMeanwhile(base, yours)
        : threeWayMerge(decodeText(base), decodeText(yours), decodeText(current));
    if (merge.kind === 'conflict') return conflictsOf(merge);
    return { kind: 'edited', document: editDocument({ op: 'exact', body: encodeText(merge.text) }, null, judge) };
  });
}

type Conflict = Extract<Merge, { kind: 'conflict' }>;

const deletedMeanwhile = (base: Uint8Array, yours: Uint8Array): Conflict => ({
  kind: 'conflict',
  conflicts: [{ pointer: '', base: decodeText(base), yours: decodeText(yours), theirs: null }],
});

const MOST_TOLD = 100;
const LONGEST_TOLD = 64 * 1024;

function conflictsOf({ conflicts }: Conflict): MergeConflicts {
  let room = LONGEST_TOLD;
  const told = conflicts.slice(0, MOST_TOLD).map(({ pointer, ...all }) => {
    const sides = Object.entries(all).filter((side): side is [string, string] => side[1] !== null);
    room -= sides.reduce((sum, [, text]) => sum + text.length, 0);
    return { pointer, sides: room < 0 ? null : Object.fromEntries(sides) };
  });
  return { kind: 'conflict', count: conflicts.length, told };
}

/**
 * What undoing some events means: for each path they touched, what was there before the first of them is put back, if what is
 * there now is what the last of them left. Pure. A move is a way out of one path and a way into another; undone, the document
 * leaves the one and comes back to the other.
 *
 *            selected events of a path     there now            outcome
 *            ----------------------------  -------------------  -------------------------------------------
 *            a -> b, b -> c                c                    step: c becomes a
 *            a -> b, b -> c                a                    nothing to do: it is undone already
 *            a -> b, b -> c                anything else        conflict `changed`: somebody went on from c
 *            a -> b, x -> c                anything but a       conflict `between`: somebody else made x of b
 */
import type { Digest } from './digest.ts';
import type { Op, Seq, VersionKind } from './events.ts';

/** What planning needs of an event. */
export interface UndoneEvent {
  readonly seq: Seq;
  readonly op: Op;
  readonly kind: VersionKind | null;
  readonly path: string;
  readonly from: string | null;
  readonly digest: Digest | null;
  readonly before: Digest | null;
}

/** What one event did to what lies at one path; null: nothing is there. */
export interface Transition {
  readonly seq: Seq;
  readonly path: string;
  readonly before: Digest | null;
  readonly after: Digest | null;
}

/** Puts back at a path what was there: null means to delete. */
export interface UndoStep {
  readonly path: string;
  readonly now: Digest | null;
  readonly to: Digest | null;
  /** What is put back is older than this. */
  readonly before: Seq;
}

interface PathConflict {
  readonly path: string;
  readonly why: 'changed' | 'between';
  /** The selected event behind which somebody else changed the path. */
  readonly after: Seq;
}

export interface UndoPlan {
  /** In byte order of the paths. */
  readonly steps: readonly UndoStep[];
  readonly conflicts: readonly PathConflict[];
  /** Paths that are as they were before already. */
  readonly unchanged: number;
}

/** Reports and rescued bytes changed nothing on disk. */
export function transitionsOf({ seq, op, kind, path, from, digest, before }: UndoneEvent): Transition[] {
  const isVersion = kind === 'valid' || kind === 'invalid' || kind === 'deleted';
  const isReturn = op === 'resolved' && digest !== null;
  if (!isVersion && !isReturn) return [];
  const here = { seq, path, before, after: digest };
  const away = from === null || from === path ? [] : [{ seq, path: from, before: digest, after: null }];
  return [...away, here].filter((transition) => transition.before !== transition.after);
}

/**
 * What vanished with too much else, and was never told as deleted, was written back: an update of nothing. It was served all the
 * time, so going back to an earlier moment does not take it away; who names the change set means just that.
 */
export const isWrittenBack = ({ op, before }: UndoneEvent): boolean => op === 'update' && before === null;

/** `transitions` in the order of their seqs. */
export function planUndo(transitions: readonly Transition[], now: (path: string) => Digest | null): UndoPlan {
  const steps: UndoStep[] = [];
  const conflicts: PathConflict[] = [];
  let unchanged = 0;
  const byPath = Map.groupBy(transitions, ({ path }) => path);
  for (const path of inByteOrder(byPath.keys())) {
    const planned = planPath(path, byPath.get(path) ?? [], now(path));
    if (planned === null) unchanged++;
    else if ('why' in planned) conflicts.push(planned);
    else steps.push(planned);
  }
  return { steps, conflicts, unchanged };
}

function planPath(path: string, done: readonly Transition[], now: Digest | null): UndoStep | PathConflict | null {
  const [first, last] = [done[0], done.at(-1)];
  if (first === undefined || last === undefined || now === first.before) return null;
  const gap = done.findIndex(({ after }, index) => done[index + 1] !== undefined && done[index + 1]?.before !== after);
  if (gap >= 0) return { path, why: 'between', after: done[gap]?.seq ?? last.seq };
  if (now !== last.after) return { path, why: 'changed', after: last.seq };
  return { path, now, to: first.before, before: first.seq };
}

function inByteOrder(paths: Iterable<string>): string[] {
  const spelled = Array.from(paths, (path) => ({ path, bytes: Buffer.from(path) }));
  return spelled.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ path }) => path);
}

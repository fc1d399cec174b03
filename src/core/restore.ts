/**
 * A backup put back, a checkout of an older commit, a sync from a stale copy: many files change at once, and most of them to
 * bytes that they had before. Such changes are one deed, which is undone as one (issue 4, guards).
 *
 * A finding (a look, a rescan, a file that a reader met first) *returns* when half of what changed in it is back at earlier
 * bytes. One of twenty paths is a restore by itself. A tool that writes file by file is seen in pieces, so a finding that
 * returns is one as well when it is the one with which twenty different paths have come together within a minute. From then
 * on every finding that returns belongs to it, until none came for a minute. What the log has of it from before that moment is
 * told by `beginningOf`, from the log alone.
 *
 * Paths are counted, not saves: a script that toggles a document brings back known bytes all day long. The third return of a
 * path, each within a minute of the one before, is such a script's, not a restore's.
 */
import type { Digest } from './digest.ts';
import type { Seq } from './events.ts';

const LEAST_CHANGED = 20;
export const RESTORE_WINDOW_MS = 60_000;
/** A checkout of another commit and back is two returns of each path. */
const MOST_RETURNS = 2;
/** More paths than these are a restore anyway, or scripts at work. */
const MOST_RECENT = 10_000;

/** A path whose bytes are not those of its disk head any more. */
export interface FoundChange {
  readonly path: string;
  /** Its history has the bytes, under any of its names, and it was not just renamed. */
  readonly isReturn: boolean;
}

interface RecentChange {
  readonly atMs: number;
  readonly isReturn: boolean;
  /** Each within a minute of the one before. */
  readonly times: number;
}

function isMostlyReturns(changes: readonly Pick<FoundChange, 'isReturn'>[]): boolean {
  const returns = changes.reduce((count, { isReturn }) => count + Number(isReturn), 0);
  return changes.length > 0 && returns * 2 >= changes.length;
}

/** Tells which findings are a restore's. Times are monotonic, and never go back from call to call. */
export class RestoreWatch {
  /** Of findings that returned, within a minute; the oldest comes first. */
  readonly #recent = new Map<string, RecentChange>();
  #returns = 0;
  #last: { readonly session: string; readonly atMs: number } | null = null;

  /** The session of the restore that is going on. */
  session(nowMs: number): string | null {
    return this.#last !== null && nowMs - this.#last.atMs < RESTORE_WINDOW_MS ? this.#last.session : null;
  }

  /** The session of the restore that a finding belongs to, null for edits of another kind. */
  judge(changes: readonly FoundChange[], nowMs: number, newName: () => string): string | null {
    if (!this.#isOfRestore(changes, nowMs)) return null;
    const session = this.session(nowMs) ?? newName();
    this.#last = { session, atMs: nowMs };
    return session;
  }

  /** What the log has of the last minute, oldest first: a restart does not cut a restore in two. */
  recall(changes: readonly FoundChange[], session: string | null, atMs: number): void {
    if (session !== null) this.#last = { session, atMs };
    else if (changes.length < LEAST_CHANGED) this.#note(changes, atMs);
  }

  #isOfRestore(changes: readonly FoundChange[], nowMs: number): boolean {
    if (changes.length >= LEAST_CHANGED) return isMostlyReturns(changes);
    if (!this.#note(changes, nowMs)) return false;
    const isMany = this.#recent.size >= LEAST_CHANGED && this.#returns * 2 >= this.#recent.size;
    return isMany || this.session(nowMs) !== null;
  }

  /** True where the changes return, and not again and again. */
  #note(changes: readonly FoundChange[], nowMs: number): boolean {
    this.#forget(nowMs);
    if (!isMostlyReturns(changes)) return false;
    const noted = changes.map(({ path, isReturn }) => {
      const times = (this.#recent.get(path)?.times ?? 0) + 1;
      return { path, change: { atMs: nowMs, times, isReturn: isReturn && times <= MOST_RETURNS } };
    });
    for (const { path, change } of noted) {
      this.#drop(path);
      this.#recent.set(path, change);
      this.#returns += Number(change.isReturn);
    }
    return isMostlyReturns(noted.map(({ change }) => change));
  }

  #forget(nowMs: number): void {
    for (const [path, { atMs }] of this.#recent) {
      if (nowMs - atMs < RESTORE_WINDOW_MS && this.#recent.size <= MOST_RECENT) return;
      this.#drop(path);
    }
  }

  #drop(path: string): void {
    this.#returns -= Number(this.#recent.get(path)?.isReturn ?? false);
    this.#recent.delete(path);
  }
}

/** An edit or deletion by hand of the minute before the first event of a restore, as the log has it. */
export interface EarlierChange extends FoundChange {
  readonly seq: Seq;
  readonly changeSet: string;
  /** Null: it was deleted. `isReturn` says then whether the history knows the path without a file. */
  readonly digest: Digest | null;
}

/**
 * Which of them the restore made already: findings that returned, as above. A restore writes each path once, so a path that
 * changed twice in this minute, or once more with the restore, was somebody else's before; but what was deleted and then
 * created by the restore was taken away for it. `restored` has what the restore's first event of a path found there.
 */
export function beginningOf(
  earlier: readonly EarlierChange[],
  restored: ReadonlyMap<string, Digest | null>,
): ReadonlySet<Seq> {
  const returns = Map.groupBy(
    earlier.filter(({ digest, isReturn }) => isReturn && digest !== null),
    ({ path }) => path,
  );
  const isOwn = ({ path, digest, isReturn }: EarlierChange): boolean => {
    if (digest === null) return restored.get(path) === null || (isReturn && !restored.has(path));
    return !restored.has(path) && (returns.get(path)?.length ?? 0) < 2;
  };
  const findings = Map.groupBy(earlier, ({ changeSet }) => changeSet);
  const own = [...findings.values()].flatMap((finding) => {
    const changed = finding.filter(({ digest }) => digest !== null);
    return changed.length === 0 || isMostlyReturns(changed) ? finding.filter(isOwn) : [];
  });
  return new Set(own.map(({ seq }) => seq));
}

/**
 * A backup put back, a checkout of an older commit, a sync from a stale copy: many files change at once, and most of them to
 * bytes that they had before. Such changes are one deed, which is undone as one (issue 4, guards).
 *
 * A tool that writes file by file is seen in pieces of a few files, the first of them before anybody can know what it will
 * be. So every finding that mostly brings back known bytes begins a session or joins the one that is going on; its cause is
 * `restore` from the finding on with which the session has twenty changes.
 */
const LEAST_CHANGED = 20;
const WINDOW_MS = 60_000;

export interface LookTally {
  /** Paths whose bytes are not those of the disk head. */
  readonly changed: number;
  /** Those of them whose bytes are in the history of the path. */
  readonly returning: number;
}

/** What is found within a minute of the last finding belongs to it. */
export interface RestoreSession {
  readonly session: string;
  readonly lastMs: number;
  /** Paths that changed in all its findings. */
  readonly changed: number;
}

export const isRestore = ({ changed }: RestoreSession): boolean => changed >= LEAST_CHANGED;

export const isGoingOn = (last: RestoreSession | null, nowMs: number): boolean =>
  last !== null && nowMs - last.lastMs < WINDOW_MS;

/** The session that a finding belongs to; null for edits of another kind. `nowMs` is monotonic. */
export function restoreSession(
  last: RestoreSession | null,
  { changed, returning }: LookTally,
  nowMs: number,
  newName: () => string,
): RestoreSession | null {
  if (changed === 0 || returning * 2 < changed) return null;
  if (last === null || !isGoingOn(last, nowMs)) return { session: newName(), lastMs: nowMs, changed };
  return { session: last.session, lastMs: nowMs, changed: last.changed + changed };
}

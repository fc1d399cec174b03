/**
 * A backup put back, a checkout of an older commit, a sync from a stale copy: many files change at once, and most of them to
 * bytes that they had before. Such changes are one deed, which is undone as one (issue 4, guards).
 */
const LEAST_CHANGED = 20;
const WINDOW_MS = 60_000;

export interface LookTally {
  /** Paths whose bytes are not those of the disk head. */
  readonly changed: number;
  /** Those of them whose bytes are in the history of the path. */
  readonly returning: number;
}

export const isRestore = ({ changed, returning }: LookTally): boolean =>
  changed >= LEAST_CHANGED && returning * 2 >= changed;

/** A restore that takes longer than one look: what is found within a minute of the last finding belongs to it. */
export interface RestoreSession {
  readonly session: string;
  readonly lastMs: number;
}

/** The session for what is found now; `nowMs` is monotonic. */
export function restoreSession(last: RestoreSession | null, nowMs: number, newName: () => string): RestoreSession {
  const isSame = last !== null && nowMs - last.lastMs < WINDOW_MS;
  return { session: isSame ? last.session : newName(), lastMs: nowMs };
}

/**
 * Disappearance is suspect (DESIGN 3.9): an unmounted disk, a `rm` in the wrong place or a half-done sync must not become
 * deletions. Absences of a collection within a minute count together; too many at once are held until a person decides.
 */
const WINDOW_MS = 60_000;
const ALWAYS_ALLOWED = 100;
const ALLOWED_SHARE = 0.1;
/** A collection, or a directory, of this many documents does not vanish whole without a question. */
const WHOLE_FROM = 10;

export interface AbsenceTally {
  /** Absences of the collection accepted within the window, by time. */
  readonly accepted: readonly { readonly atMs: number; readonly count: number }[];
}

export const emptyTally: AbsenceTally = { accepted: [] };

export interface AbsenceCase {
  /** Paths of one collection seen absent now. */
  readonly absent: number;
  /** Documents of the collection before them. */
  readonly present: number;
  /** The most documents that any vanished directory among them held. */
  readonly largestVanishedDirectory: number;
}

export type AbsenceVerdict = 'delete' | 'hold';

const recent = (tally: AbsenceTally, nowMs: number): AbsenceTally['accepted'] =>
  tally.accepted.filter((entry) => nowMs - entry.atMs < WINDOW_MS);

/** Decides on one batch of absences; the second value is the tally to keep. `nowMs` is monotonic. */
export function judgeAbsences(tally: AbsenceTally, batch: AbsenceCase, nowMs: number): [AbsenceVerdict, AbsenceTally] {
  const accepted = recent(tally, nowMs);
  const before = accepted.reduce((sum, entry) => sum + entry.count, 0);
  const gone = before + batch.absent;
  const had = before + batch.present;
  const allowed = Math.max(ALWAYS_ALLOWED, had * ALLOWED_SHARE);
  const whole = had >= WHOLE_FROM && gone >= had;
  if (gone > allowed || whole || batch.largestVanishedDirectory >= WHOLE_FROM) return ['hold', { accepted }];
  return ['delete', { accepted: [...accepted, { atMs: nowMs, count: batch.absent }] }];
}

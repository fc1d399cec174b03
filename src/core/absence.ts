/**
 * Disappearance is suspect (DESIGN 3.9): an unmounted disk, a `rm` in the wrong place or a half-done sync must not become
 * deletions. Absences of a collection within a minute count together, those that were believed already among them; too many
 * are held until a person decides.
 */
export const ABSENCE_WINDOW_MS = 60_000;
const ALWAYS_ALLOWED = 100;
const ALLOWED_SHARE = 0.1;
/** A collection, or a directory, of this many documents does not vanish whole without a question. */
const WHOLE_FROM = 10;

interface Believed {
  readonly atMs: number;
  readonly countByDirectory: ReadonlyMap<string, number>;
}

/** Absences of one collection that became deletions lately. */
export interface AbsenceTally {
  readonly believed: readonly Believed[];
}

export const emptyTally: AbsenceTally = { believed: [] };

export interface AbsenceCase {
  /** Documents of one collection that are absent: those to decide on, and those that wait for their second look. */
  readonly absent: number;
  /** Documents of the collection before them, without what was believed deleted. */
  readonly present: number;
  /** Directories among theirs that are gone, with the documents that they are still known to hold, at any depth. */
  readonly vanished: readonly { readonly directory: string; readonly present: number }[];
}

/** `nowMs` is monotonic. */
export function judgeAbsences(
  tally: AbsenceTally,
  { absent, present, vanished }: AbsenceCase,
  nowMs: number,
): 'delete' | 'hold' {
  const lately = recent(tally, nowMs);
  const before = countIn(lately, '');
  const [gone, had] = [before + absent, before + present];
  const isTooMuch = gone > Math.max(ALWAYS_ALLOWED, had * ALLOWED_SHARE);
  const isWhole = had >= WHOLE_FROM && gone >= had;
  const isDirectory = vanished.some((one) => one.present + countIn(lately, one.directory) >= WHOLE_FROM);
  return isTooMuch || isWhole || isDirectory ? 'hold' : 'delete';
}

/** The tally once these paths are deleted. */
export function believe(tally: AbsenceTally, paths: readonly string[], nowMs: number): AbsenceTally {
  const countByDirectory = new Map<string, number>();
  for (const path of paths) {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    countByDirectory.set(directory, (countByDirectory.get(directory) ?? 0) + 1);
  }
  return { believed: [...recent(tally, nowMs), { atMs: nowMs, countByDirectory }] };
}

const recent = ({ believed }: AbsenceTally, nowMs: number): AbsenceTally['believed'] =>
  believed.filter(({ atMs }) => nowMs - atMs < ABSENCE_WINDOW_MS);

/** How many of them lay at or below a directory; '' for all. */
function countIn(believed: AbsenceTally['believed'], directory: string): number {
  let sum = 0;
  for (const { countByDirectory } of believed) {
    for (const [at, count] of countByDirectory) {
      if (directory === '' || at === directory || at.startsWith(`${directory}/`)) sum += count;
    }
  }
  return sum;
}

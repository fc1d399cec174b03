/** DESIGN 3.9: a collection of ten or more never vanishes by hand without a question, whatever a crash forgets. */
import type { LoggedEntry } from '../../src/core/events.ts';
import { ABSENCE_WINDOW_MS } from '../../src/core/absence.ts';
import { MASS } from './places.ts';
import type { Complaints, Findings } from './verdicts.ts';

const WHOLE_FROM = 10;

export function judgeHolds({ frames }: Findings): Complaints {
  const complaints: Complaints = [];
  const present = new Set<string>();
  let gone: { readonly path: string; readonly atMs: number }[] = [];
  for (const { entries, origin } of frames) {
    const byHand = origin.cause === 'hand' || origin.cause === 'restore';
    gone = gone.filter(({ atMs }) => origin.atMs - atMs < ABSENCE_WINDOW_MS);
    const deleted = entries.filter(({ path, kind }) => kind === 'deleted' && path.startsWith(`${MASS}/`));
    for (const entry of entries) note(present, entry);
    if (byHand) gone.push(...deleted.map(({ path }) => ({ path, atMs: origin.atMs })));
    const had = present.size + gone.length;
    if (byHand && deleted.length > 0 && had >= WHOLE_FROM && gone.length >= had)
      complaints.push(`3.9 all ${had} documents of ${MASS} were deleted by hand within a minute, and nobody was asked`);
  }
  return complaints;
}

function note(present: Set<string>, { path, from, kind }: LoggedEntry): void {
  if (from?.startsWith(`${MASS}/`)) present.delete(from);
  if (!path.startsWith(`${MASS}/`)) return;
  if (kind === 'deleted') present.delete(path);
  else if (kind === 'valid') present.add(path);
}

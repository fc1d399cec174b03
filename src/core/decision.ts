/**
 * The one decision of the pipeline: what does it mean that this was found at a path of which that is known? Pure, so that
 * every cause (editor, script, restore, API) is judged alike and every case can be tested without a disk.
 *
 *            found            known                               decision
 *            ---------------  ----------------------------------  ---------------------------
 *            other bytes      the stat is the one that was seen   report (rotten)
 *            valid bytes      the same are disk head and served   nothing (or resolve)
 *                             the same are the served head        reaccept
 *                             anything else                       record create | update
 *            invalid bytes    the same are the served head        mark-unfit (the schema changed)
 *                             the same are the disk head          nothing
 *                             anything else, younger than 2 s     wait
 *                             anything else                       record-invalid
 *            nothing          no head                             nothing (or resolve)
 *                             a head, seen absent for under 1 s   wait
 *                             a head                              lost (the guard decides, see absence.ts)
 *            out of reach     anything                            nothing (its place is held, see reconciler/out-of-reach.ts)
 *            not readable     reported before                     nothing
 *                             anything else                       report
 */
import type { Digest } from './digest.ts';
import type { Fault } from './events.ts';

/** Half-written and just broken files get this long to become whole (DESIGN 3.7). */
export const PENDING_MS = 2000;
/** Editors delete and re-create: an absence counts when it was seen twice, this far apart (DESIGN 3.9). */
export const ABSENCE_MS = 1000;

export type Found =
  | { readonly is: 'valid'; readonly digest: Digest; readonly ageMs: number; readonly key?: string }
  | {
      readonly is: 'invalid';
      readonly digest: Digest | null;
      readonly ageMs: number;
      readonly key?: string;
      readonly faults: readonly Fault[];
    }
  | { readonly is: 'absent'; readonly ageMs: number }
  | { readonly is: 'blocked'; readonly code: 'unreadable' | 'name'; readonly faults: readonly Fault[] }
  /** Nobody can look: a place above it is in the way. */
  | { readonly is: 'out-of-reach' }
  | { readonly is: 'unstable' };

export interface Known {
  readonly diskDigest: Digest | null;
  readonly servedDigest: Digest | null;
  /** Code of the recorded problem that only a verdict can end (unreadable, name, invalid), or null. */
  readonly problem: string | null;
  /** Files below `files/` are hashed and recorded once they are quiet. */
  readonly recordedWhenQuiet: boolean;
  /** Stat identity of the file when it was last confirmed to hold the disk head; null when that may not be believed. */
  readonly cleanKey?: string | null;
  /** It is listed as rotten. */
  readonly rotListed?: boolean;
}

export type Decision =
  | { readonly do: 'nothing' }
  | {
      readonly do: 'wait';
      readonly code: 'pending' | 'absent';
      readonly forMs: number;
      readonly faults: readonly Fault[];
    }
  | { readonly do: 'record'; readonly op: 'create' | 'update' }
  | { readonly do: 'reaccept' }
  | { readonly do: 'record-invalid'; readonly faults: readonly Fault[] }
  | { readonly do: 'mark-unfit'; readonly faults: readonly Fault[] }
  | { readonly do: 'report'; readonly code: 'unreadable' | 'name' | 'rotten'; readonly faults: readonly Fault[] }
  | { readonly do: 'resolve' }
  | { readonly do: 'lost' };

export const ROT_FAULT: Fault = {
  code: 'rotten',
  detail: 'the bytes on disk changed, and nothing wrote the file: its stat is the same',
};
const ROTTEN: Decision = { do: 'report', code: 'rotten', faults: [ROT_FAULT] };

/**
 * Whoever writes to a file changes its stat. Bytes that are others under the very stat with which they were confirmed are the
 * disk's doing (or that of a program which maps the file into memory); they are never taken for an edit. What was reported
 * stays so when its stat is not known any more, after a rebuild.
 */
export function isRotten(
  { diskDigest, cleanKey = null, rotListed = false }: Known,
  digest: Digest | null,
  key: string | undefined,
): boolean {
  if (diskDigest === null || digest === null || digest === diskDigest) return false;
  return cleanKey === null ? rotListed : cleanKey === key;
}

const NOTHING: Decision = { do: 'nothing' };
/** A file that changes while it is read is looked at again soon. */
const UNSTABLE_RETRY_MS = 100;

export function decide(known: Known, found: Found): Decision {
  if ((found.is === 'valid' || found.is === 'invalid') && isRotten(known, found.digest, found.key))
    return known.rotListed ? NOTHING : ROTTEN;
  switch (found.is) {
    case 'valid':
      return decideValid(known, found.digest, found.ageMs);
    case 'invalid':
      return decideInvalid(known, found);
    case 'absent':
      return decideAbsent(known, found.ageMs);
    case 'blocked':
      return known.problem === found.code ? NOTHING : { do: 'report', code: found.code, faults: found.faults };
    case 'out-of-reach':
      return NOTHING;
    case 'unstable':
      return { do: 'wait', code: 'pending', forMs: UNSTABLE_RETRY_MS, faults: [] };
  }
}

function decideValid(known: Known, digest: Digest, ageMs: number): Decision {
  const isServed = digest === known.servedDigest;
  if (isServed && digest === known.diskDigest) return known.problem === null ? NOTHING : { do: 'resolve' };
  if (isServed) return { do: 'reaccept' };
  if (known.recordedWhenQuiet && ageMs < PENDING_MS) return wait('pending', PENDING_MS - ageMs);
  return { do: 'record', op: known.servedDigest === null ? 'create' : 'update' };
}

function decideInvalid(known: Known, found: Extract<Found, { is: 'invalid' }>): Decision {
  if (found.digest !== null && found.digest === known.servedDigest) return { do: 'mark-unfit', faults: found.faults };
  if (found.digest !== null && found.digest === known.diskDigest && known.problem === 'invalid') return NOTHING;
  if (found.ageMs < PENDING_MS) return wait('pending', PENDING_MS - found.ageMs, found.faults);
  return { do: 'record-invalid', faults: found.faults };
}

function decideAbsent(known: Known, ageMs: number): Decision {
  if (known.diskDigest === null) return known.problem === null ? NOTHING : { do: 'resolve' };
  return ageMs < ABSENCE_MS ? wait('absent', ABSENCE_MS - ageMs) : { do: 'lost' };
}

const wait = (code: 'pending' | 'absent', forMs: number, faults: readonly Fault[] = []): Decision => ({
  do: 'wait',
  code,
  forMs,
  faults,
});

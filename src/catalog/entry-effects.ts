/**
 * What one entry of the log does to the row of its path. Pure.
 *
 *            entry                                        disk head   served head   problems
 *            -------------------------------------------  ----------  ------------  ------------------------------------
 *   accept   valid version, schema in force               moves       moves         end; its own marks begin
 *   refuse   invalid version, schema that cannot be used  moves       stays         `invalid` begins, or what `code` says
 *   remove   deleted                                      ends        ends          end
 *   report   problem without a version                    stays       stays         `code` begins
 *   resolve  resolved                                     may return  stays         `code` ends, or all recorded ones
 *   keep     rescued bytes                                stays       stays         `rescued` begins, or what `code` says
 *   none     anything else                                stays       stays         stay
 */
import type { Entry } from '../core/events.ts';
import { keyOfIdentity } from '../core/stat-key.ts';
import type { PathState } from './path-rows.ts';
import type { Seen } from './types.ts';

export type Effect = 'accept' | 'refuse' | 'remove' | 'report' | 'resolve' | 'keep' | 'none';

export function effectOf(entry: Entry): Effect {
  if (entry.kind === 'deleted') return 'remove';
  if (entry.kind === 'rescued') return 'keep';
  if (entry.op === 'schema') return effectOfSchema(entry);
  if (entry.kind === 'valid') return 'accept';
  if (entry.kind === 'invalid') return 'refuse';
  if (entry.op === 'problem') return 'report';
  return entry.op === 'resolved' ? 'resolve' : 'none';
}

function effectOfSchema({ digest, inForce }: Entry): Effect {
  if (digest === null) return 'remove';
  return inForce === true ? 'accept' : 'refuse';
}

/** The heads of a path after an entry; its problems are counted after their rows were written. */
export function headsAfter<Row extends PathState>(row: Row, entry: Entry, effect: Effect, seen: Seen | undefined): Row {
  const sight = seen
    ? { stat: seen.key, clean: seen.clean, grown: seen.clean && seen.grown === true }
    : toldBy(row, entry);
  const { digest: diskDigest, seq: diskSeq } = entry;
  switch (effect) {
    case 'accept':
      return { ...row, ...sight, diskDigest, diskSeq, servedSeq: entry.seq, deletedSeq: null };
    case 'refuse':
      return { ...row, ...sight, diskDigest, diskSeq, deletedSeq: null };
    case 'remove':
      return { ...headless(row, entry), deletedSeq: entry.seq };
    case 'report':
      return { ...row, ...sight };
    case 'resolve':
      return diskDigest === null ? { ...row, ...sight } : { ...row, ...sight, diskDigest, diskSeq };
    case 'keep':
    case 'none':
      return row;
  }
}

/** A file that was not seen itself: which one it was is known from the log, so that redo and moves know it after a rebuild. */
const toldBy = ({ stat }: PathState, { size, placed }: Entry): Pick<PathState, 'stat' | 'clean' | 'grown'> => ({
  stat: placed ? keyOfIdentity(size, placed) : stat,
  clean: false,
  grown: false,
});

/** A path that is only history from now on: deleted, or moved to another name. */
export const headless = <Row extends PathState>(row: Row, entry: Entry): Row => ({
  ...row,
  diskDigest: null,
  diskSeq: entry.seq,
  servedSeq: null,
  deletedSeq: null,
  stat: null,
  clean: false,
  grown: false,
});

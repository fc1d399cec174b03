/** `larder prune`: thins the history as collections and configuration say. plan() decides, execute() drops. */
import type { Digest } from '../../core/digest.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { DamagedBody } from '../../events/types.ts';
import { dropFrom } from './drop.ts';
import { planPrune, type PrunePlan } from './plan.ts';
import type { History, PruneReport } from './types.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Throws LarderError `conflict` when the clock cannot be believed. */
export async function prune(history: History, dryRun: boolean): Promise<PruneReport> {
  checkClock(history);
  const plan = await planPrune(history);
  if (dryRun) {
    const blobs = (await unneededBlobs(history)).length;
    return reportOf(plan, { freed: plan.storedBytes, damaged: [], blobs, dryRun });
  }
  let freed = 0;
  const damaged: DamagedBody[] = [];
  // The newest first: what was appended goes before what it was appended to, whenever a crash comes.
  for (const [segment, drops] of [...plan.dropsBySegment].toSorted(([a], [b]) => b - a)) {
    const dropped = await dropFrom(history, segment, drops);
    freed += dropped.freed;
    damaged.push(...dropped.damaged);
  }
  // No turn of the event loop between the answer and the last of them.
  const unneeded = await unneededBlobs(history);
  for (const digest of unneeded) history.blobs.remove(digest);
  return reportOf(plan, { freed, damaged, blobs: unneeded.length, dryRun });
}

interface Outcome {
  readonly freed: number;
  readonly damaged: readonly DamagedBody[];
  readonly blobs: number;
  readonly dryRun: boolean;
}

function reportOf(
  { versions, paths, dropsBySegment, waiting }: PrunePlan,
  { freed, damaged, blobs, dryRun }: Outcome,
): PruneReport {
  const segments = dropsBySegment.size;
  return { versions, paths, segments, waiting, freed_bytes: freed, blobs, damaged, dry_run: dryRun };
}

function checkClock({ catalog, clock, clockTrust }: History): void {
  const newestMs = catalog.newestAtMs();
  if (newestMs === null || clockTrust.isBelieved(newestMs)) return;
  const [now, newest] = [clock.nowMs(), newestMs].map((ms) => new Date(ms).toISOString());
  const why = clockTrust.hasJumped
    ? 'it jumped by more than a day'
    : `the newest event is of ${newest}, and nothing shows that it was so long ago`;
  throw new LarderError('conflict', `it is ${now} by the clock, but ${why}: nothing is pruned`, {
    members: { hint: 'Set the clock if it is wrong. If it is right, let the daemon run for a day, then prune.' },
  });
}

const STRETCH = 20_000;

/** Blobs that no version needs any more, and that were not wanted for a day: the frame that will name one may be on its way. */
async function unneededBlobs({ blobs, catalog, clock, events, isBeingNamed }: History): Promise<Digest[]> {
  const wanted = new Set<Digest>();
  for (let from: Seq = 0; from <= events.lastSeq; from += STRETCH + 1) {
    for (const digest of catalog.blobDigests(from, from + STRETCH)) wanted.add(digest);
    await clock.yieldTurn();
  }
  return blobs.list().filter((digest) => {
    const storedAtMs = blobs.storedAtMs(digest);
    return !wanted.has(digest) && !isBeingNamed(digest) && storedAtMs !== null && clock.nowMs() - storedAtMs >= DAY_MS;
  });
}

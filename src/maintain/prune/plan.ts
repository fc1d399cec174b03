/** Which versions lose their bytes, segment by segment. Nothing is changed. */
import type { PathVersion, PathWithVersions } from '../../catalog/retained.ts';
import type { Seq } from '../../core/events.ts';
import { classify, collectionOf } from '../../core/refs.ts';
import { droppable, type RetainedVersion } from '../../core/retention.ts';
import { paceOf } from '../../host/pace.ts';
import type { History } from './types.ts';

export interface PrunePlan {
  readonly dropsBySegment: ReadonlyMap<Seq, ReadonlySet<Seq>>;
  readonly versions: number;
  readonly paths: number;
  readonly waiting: number;
  readonly storedBytes: number;
}

interface Gathered {
  readonly dropsBySegment: Map<Seq, Set<Seq>>;
  versions: number;
  paths: number;
  waiting: number;
  storedBytes: number;
}

const PAGE = 100;

export async function planPrune(history: History): Promise<PrunePlan> {
  const { catalog, clock, events, settledSeq } = history;
  const checkpoint = settledSeq();
  const segments = events.completeUpTo(checkpoint);
  const nowMs = clock.nowMs();
  const pace = paceOf(clock);
  const gathered: Gathered = { dropsBySegment: new Map(), versions: 0, paths: 0, waiting: 0, storedBytes: 0 };
  for (let page = catalog.pathsWithVersions(0, PAGE); page.length > 0;) {
    history.refuseStopping();
    for (const path of page) {
      planPath(history, path, { segments, checkpoint, nowMs }, gathered);
      await pace();
    }
    page = catalog.pathsWithVersions(page.at(-1)?.id ?? 0, PAGE);
  }
  return gathered;
}

interface Situation {
  /** Those that may be written anew. */
  readonly segments: ReturnType<History['events']['completeUpTo']>;
  readonly checkpoint: Seq;
  readonly nowMs: number;
}

function planPath(
  { catalog, keepOf }: History,
  path: PathWithVersions,
  { segments, checkpoint, nowMs }: Situation,
  gathered: Gathered,
): void {
  const keep = keepOf(collectionOf(classify(path.path)));
  if (keep.kind === 'all') return;
  const versions = catalog.pathVersions(path.id);
  const candidates = versions.flatMap((version, index) => retained(path, versions, version, index, checkpoint));
  const dropped = new Set(droppable(candidates, keep, nowMs));
  for (const { seq } of versions) if (dropped.has(seq) && segmentOf(segments, seq) === null) gathered.waiting++;
  const going = withoutBases(versions, (seq) => dropped.has(seq) && segmentOf(segments, seq) !== null);
  if (going.length > 0) gathered.paths++;
  for (const version of going) take(gathered, segments, version);
}

/** What may go, but for the versions that one which stays was appended to. Newest first, as `versions`. */
function withoutBases(versions: readonly PathVersion[], mayGo: (seq: Seq) => boolean): PathVersion[] {
  const needed = new Set<Seq>();
  return versions.filter(({ seq, base, isKept }) => {
    if (!isKept) return false;
    const goes = mayGo(seq) && !needed.has(seq);
    if (!goes && base !== null) needed.add(base);
    return goes;
  });
}

/** Only what has bytes to lose counts, so that what is gone never stands for a span. */
function retained(
  path: PathWithVersions,
  versions: readonly PathVersion[],
  { seq, atMs, kind, digest, isKept }: PathVersion,
  index: number,
  checkpoint: Seq,
): RetainedVersion[] {
  if (!isKept || kind === 'deleted') return [];
  const isHead = seq === path.servedSeq || digest === path.diskDigest;
  let next = index - 1;
  while (versions[next]?.kind === 'rescued') next--;
  const isLastBeforeDeletion = versions[next]?.kind === 'deleted';
  const isUndecided = kind === 'rescued' && path.problems.includes('rescued');
  return [{ seq, atMs, isProtected: isHead || isLastBeforeDeletion || isUndecided || seq > checkpoint }];
}

function take(gathered: Gathered, segments: Situation['segments'], { seq, storedBytes }: PathVersion): void {
  const segment = segmentOf(segments, seq);
  if (segment === null) return;
  const drops = gathered.dropsBySegment.get(segment) ?? new Set();
  gathered.dropsBySegment.set(segment, drops.add(seq));
  gathered.versions++;
  gathered.storedBytes += storedBytes;
}

const segmentOf = (segments: Situation['segments'], seq: Seq): Seq | null =>
  segments.find(({ first, last }) => first <= seq && seq <= last)?.first ?? null;

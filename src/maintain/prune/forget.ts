/**
 * `larder forget PATH [--seq N]`: the bytes of versions go at once, because something was saved that must not be kept. Their
 * place in the history stays. What a file on disk still holds is not forgotten: the file has to change first.
 */
import type { Digest } from '../../core/digest.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { Head } from '../../catalog/types.ts';
import type { StoredEvent } from '../../catalog/answers.ts';
import { syncDirectory } from '../../host/durable-files.ts';
import { dropFrom } from './drop.ts';
import { removeLeft, type Sizes } from './left-files.ts';
import type { ForgetReport, History } from './types.ts';

const MOST_VERSIONS = 1_000_000;

export interface Forgetting {
  /** Below the root. */
  readonly path: string;
  /** One version; all but what the file holds now, without. */
  readonly seq: Seq | null;
  /** What a preview named: nothing is forgotten where it would be other versions by now. */
  readonly only: readonly Seq[] | null;
  /** Waits until files are on the disk up to a seq; gives up after a while. */
  readonly settle: (seq: Seq) => Promise<void>;
  /** Say what would go, and change nothing. */
  readonly dryRun: boolean;
}

/** Throws LarderError `not_found`, `conflict` for what the file still holds and for what `only` does not name, `pending` while a write is not on the disk yet. */
export async function forget(history: History, { path, seq, only, settle, dryRun }: Forgetting): Promise<ForgetReport> {
  const versions = toForget(history, path, seq);
  const seqs = new Set(versions.map((version) => version.seq));
  if (only) refuseOthers(path, seqs, new Set(only));
  const sizes = sizesOf(versions);
  const digests = [...sizes.keys()];
  if (dryRun) {
    const others = (await keptElsewhere(history, digests)).filter((one) => !seqs.has(one.seq));
    const left = removeLeft(history, withoutNeeded(history, sizes, others), dryRun);
    return reportOf(versions, { digests, freed: storedBytes(versions), others, left, dryRun });
  }
  await history.events.seal();
  await settle(history.events.lastSeq);
  const freed = await dropAll(history, seqs);
  const others = await keptElsewhere(history, digests);
  // No turn of the event loop from here on: what is recorded after it asks whether its bytes are still there.
  const gone = withoutNeeded(history, sizes, others);
  for (const digest of gone.keys()) if (history.blobs.has(digest)) history.blobs.remove(digest);
  const left = removeLeft(history, gone, dryRun);
  await syncRemoved(history, gone.keys());
  return reportOf(versions, { digests, freed, others, left, dryRun });
}

/** What is said to be forgotten no power cut brings back. */
async function syncRemoved({ fs, blobs, tmp }: History, digests: Iterable<Digest>): Promise<void> {
  await blobs.syncRemoved(digests);
  await syncDirectory(fs, tmp);
}

/** Whoever said yes to some versions said nothing of those that were saved meanwhile. */
function refuseOthers(path: string, seqs: ReadonlySet<Seq>, shown: ReadonlySet<Seq>): void {
  const more = [...seqs].filter((seq) => !shown.has(seq));
  const fewer = [...shown].filter((seq) => !seqs.has(seq));
  if (more.length + fewer.length === 0) return;
  const told = [
    ...(more.length > 0 ? [`it would forget ${sayVersions(more)} too`] : []),
    ...(fewer.length > 0 ? [`it would not forget ${sayVersions(fewer)}`] : []),
  ];
  throw new LarderError(
    'conflict',
    `${path} has changed since it was shown: ${told.join(', and ')}; nothing was forgotten, look again`,
  );
}

const MOST_NAMED = 10;

function sayVersions(seqs: readonly Seq[]): string {
  const more = seqs.length > MOST_NAMED ? ` and ${seqs.length - MOST_NAMED} more` : '';
  return `${seqs.length === 1 ? 'version' : 'versions'} ${seqs.slice(0, MOST_NAMED).join(', ')}${more}`;
}

const sizesOf = (versions: readonly StoredEvent[]): Sizes =>
  new Map(versions.flatMap(({ digest, size }) => (digest === null ? [] : [[digest, size]])));

/** Only bytes that no other version needs go from blobs and `.larder/tmp`. */
function withoutNeeded({ isBeingNamed }: History, sizes: Sizes, others: readonly { readonly digest: Digest }[]): Sizes {
  const needed = new Set(others.map(({ digest }) => digest));
  return new Map([...sizes].filter(([digest]) => !needed.has(digest) && !isBeingNamed(digest)));
}

interface Outcome {
  readonly digests: readonly Digest[];
  readonly freed: number;
  readonly others: ForgetReport['elsewhere'];
  readonly left: ForgetReport['left'];
  readonly dryRun: boolean;
}

const reportOf = (
  versions: readonly StoredEvent[],
  { digests, freed, others, left, dryRun }: Outcome,
): ForgetReport => ({
  forgotten: versions.map(({ seq }) => seq),
  digests,
  freed_bytes: freed,
  elsewhere: others.map(({ path, seq }) => ({ path, seq })),
  left,
  dry_run: dryRun,
});

const storedBytes = (versions: readonly StoredEvent[]): number =>
  versions.reduce((sum, { body }) => sum + ('length' in body ? body.length : 0), 0);

function toForget({ catalog }: History, path: string, seq: Seq | null): StoredEvent[] {
  const all = catalog.history(path, { before: null, limit: MOST_VERSIONS });
  const named = all.filter((version) => seq === null || version.seq === seq);
  if (named.length === 0)
    throw new LarderError('not_found', seq === null ? `${path} has no history` : `seq ${seq} is no version of ${path}`);
  const isThere = heldByFile(all, (one) => [catalog.head(path), catalog.head(one)]);
  if (seq !== null && named.some(isThere))
    throw new LarderError(
      'conflict',
      `${path} still holds the bytes of version ${seq}: change or delete the file first`,
    );
  const bytes = new Set(named.filter((one) => !isThere(one)).map(({ digest }) => digest));
  // The same bytes may have been saved more than once, and a stream that grew from them begins with them.
  const isMeant = (one: StoredEvent): boolean =>
    one.digest !== null && one.body.in !== 'nowhere' && bytes.has(one.digest) && !isThere(one);
  const found = withGrown(all, isMeant);
  if (found.length > 0) return found;
  throw new LarderError('not_found', `nothing is kept of ${path} but what the file holds now`);
}

/**
 * Versions whose bytes the file holds: the heads, also under the name that it was moved to, and of a stream also those that they
 * grew from. Newest first.
 */
function heldByFile(
  all: readonly StoredEvent[],
  headsOf: (path: string) => readonly (Head | undefined)[],
): (version: StoredEvent) => boolean {
  const isHead = ({ digest, path }: StoredEvent): boolean =>
    digest !== null && headsOf(path).some((head) => digest === head?.diskDigest || digest === head?.servedDigest);
  const bases = new Set<Seq>();
  for (const version of all)
    if (version.body.in === 'tail' && (isHead(version) || bases.has(version.seq))) bases.add(version.body.base);
  return (version) => isHead(version) || bases.has(version.seq);
}

/** Newest first, as `all`. */
function withGrown(all: readonly StoredEvent[], isMeant: (version: StoredEvent) => boolean): StoredEvent[] {
  const seqs = new Set<Seq>();
  for (const version of all.toReversed())
    if (isMeant(version) || (version.body.in === 'tail' && seqs.has(version.body.base))) seqs.add(version.seq);
  return all.filter(({ seq }) => seqs.has(seq));
}

async function dropAll(history: History, seqs: ReadonlySet<Seq>): Promise<number> {
  const segments = history.events.completeUpTo(history.settledSeq());
  const bySegment = Map.groupBy(seqs, (seq) => segments.find(({ first, last }) => first <= seq && seq <= last)?.first);
  if (bySegment.has(undefined) || Math.max(...seqs) > history.settledSeq())
    throw new LarderError(
      'pending',
      'the newest changes are not on the disk in their files yet; nothing was forgotten',
      {
        headers: { 'Retry-After': '5' },
      },
    );
  let freed = 0;
  // The newest first: what was appended goes before what it was appended to, whenever a crash comes.
  for (const [segment, drops] of [...bySegment].toSorted(([a = 0], [b = 0]) => b - a))
    if (segment !== undefined) freed += (await dropFrom(history, segment, new Set(drops))).freed;
  return freed;
}

const STRETCH = 20_000;

async function keptElsewhere(
  { catalog, events, clock }: History,
  digests: readonly Digest[],
): Promise<(ForgetReport['elsewhere'][number] & { readonly digest: Digest })[]> {
  const found: { path: string; seq: Seq; digest: Digest }[] = [];
  for (let from: Seq = 0; from <= events.lastSeq; from += STRETCH + 1) {
    await clock.yieldTurn();
    for (const digest of digests)
      for (const one of catalog.versionsWithBytes(digest, from, from + STRETCH)) found.push({ ...one, digest });
  }
  return found;
}

/**
 * Writes everything of a log that can still be read into a directory of its own. Nothing in the root changes.
 *
 *     newest/<path>                   the newest valid version of each path that can be read, also of what was deleted since; no write
 *                                     that was refused
 *     versions/<path>/<seq>-<kind>    every readable version, where that was asked for
 *     versions.ndjson                 a line for each version that the log names: seq, time, actor, path, and where it was written
 */
import { openBlobReads } from '../../blobs/blob-store.ts';
import type { EventFrame, LoggedEntry, Origin, Seq } from '../../core/events.ts';
import { LarderError } from '../../core/errors.ts';
import { BodyReader } from '../../events/body-reader.ts';
import { readIdentity } from '../../events/log-identity.ts';
import { readDamaged, type Gap } from '../../events/read-damaged.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import { systemClock } from '../../host/system-clock.ts';
import { openTarget, type Target } from './target.ts';
import type { LostStretch, RescueOptions, RescueReport } from './types.ts';
import { VersionReader } from './version-reader.ts';

interface Tally {
  versions: number;
  written: number;
  unreadable: number;
  withoutBytes: number;
  lastSeq: Seq;
  readonly gaps: LostStretch[];
}

/** What can be read of a log, and what of it stands for its paths. */
interface Survey {
  /** Seq of the version that stands for each path. */
  readonly newest: ReadonlyMap<string, Seq>;
  /** Places in the order of the versions: of a damaged log one seq may be told twice. */
  readonly unreadable: ReadonlySet<number>;
}

type Item = ReturnType<typeof readDamaged> extends Iterable<infer One> ? One : never;
type ReadFrame = Extract<Item, { kind: 'frame' }>;

/** What was in the log for a moment, and never an answer: taken back by an abort, or cut off at the end of a segment. */
type IsRefused = (item: ReadFrame, seq: Seq) => boolean;

interface Rescue extends Survey {
  readonly isRefused: IsRefused;
  readonly target: Target;
  readonly reader: VersionReader;
  readonly tally: Tally;
  readonly allVersions: boolean;
}

/** Throws LarderError `not_found` where there is no log, `bad_usage` where the target holds something. */
export function rescue({ root, target, allVersions, onProgress }: RescueOptions): RescueReport {
  const fs = nodeFileSystem;
  const log = `${root}/.larder/log`;
  if (!fs.lstat(log)) throw new LarderError('not_found', `${log} is not there: there is nothing to rescue`);
  using bodies = new BodyReader(fs, log);
  const blobs = openBlobReads({ fs, clock: systemClock, directory: `${root}/.larder/blobs` });
  using opened = openTarget(fs, target, root);
  const newReader = (): VersionReader =>
    new VersionReader({
      stored: (place, digest) => bodies.read(place, digest),
      blob: (digest) => blobs.get(digest),
    });
  const tally: Tally = { versions: 0, written: 0, unreadable: 0, withoutBytes: 0, lastSeq: 0, gaps: [] };
  // The identity knows those whose abort lies in a later segment, which may be damaged.
  const aborted = new Set([...abortedIn(readDamaged(fs, log)), ...(readIdentity(fs, log)?.aborted ?? [])]);
  const isRefused: IsRefused = ({ standing }, seq) => standing === 'given-up' || aborted.has(seq);
  const found = survey(readDamaged(fs, log), newReader(), isRefused);
  using reader = newReader();
  const rescued: Rescue = { ...found, target: opened, reader, tally, allVersions, isRefused };
  for (const item of readDamaged(fs, log)) {
    if (item.kind === 'gap') tally.gaps.push(stretchOf(item));
    else if (item.frame.type === 'events') takeFrame(rescued, item, item.frame);
    onProgress(tally.versions);
  }
  const { versions, written, unreadable, withoutBytes, lastSeq, gaps } = tally;
  const paths = opened.paths();
  return { versions, written, paths, unreadable, without_bytes: withoutBytes, last_seq: lastSeq, gaps };
}

function abortedIn(items: Iterable<Item>): ReadonlySet<Seq> {
  const seqs = new Set<Seq>();
  for (const item of items)
    if (item.kind === 'frame' && item.frame.type === 'abort') for (const seq of item.frame.seqs) seqs.add(seq);
  return seqs;
}

/** Reads everything once. A broken save or a rescued piece stands for its path only while nothing valid does. */
function survey(items: Iterable<Item>, versions: VersionReader, isRefused: IsRefused): Survey {
  using reader = versions;
  const newest = new Map<string, Seq>();
  const unreadable = new Set<number>();
  let place = 0;
  for (const item of items) {
    if (item.kind === 'gap' || item.frame.type !== 'events') continue;
    for (const entry of item.frame.entries) {
      reader.note(entry);
      if (!isVersion(entry)) continue;
      place++;
      if (entry.body.in === 'nowhere') continue;
      if (!reader.isReadable(entry)) unreadable.add(place);
      else if (isRefused(item, entry.seq)) continue;
      else if (entry.kind === 'valid' || !newest.has(entry.path)) newest.set(entry.path, entry.seq);
    }
  }
  return { newest, unreadable };
}

const isVersion = ({ kind, digest }: LoggedEntry): boolean => kind !== null && kind !== 'deleted' && digest !== null;

const stretchOf = ({ path, from, to, reason }: Gap): LostStretch => ({ segment: path, from, to, reason });

function takeFrame(rescue: Rescue, item: ReadFrame, { entries, origin }: EventFrame): void {
  for (const entry of entries) {
    rescue.reader.note(entry);
    rescue.tally.lastSeq = Math.max(rescue.tally.lastSeq, entry.seq);
    if (!isVersion(entry)) continue;
    rescue.tally.versions++;
    takeVersion(rescue, entry, origin, rescue.isRefused(item, entry.seq));
  }
}

/** What cannot be written is told in the list, and the next version is taken all the same. */
function takeVersion(rescue: Rescue, entry: LoggedEntry, origin: Origin, isRefused: boolean): void {
  const { target, newest, tally, allVersions } = rescue;
  const isNewest = !isRefused && newest.get(entry.path) === entry.seq;
  const bytes = bytesToWrite(rescue, entry, isNewest || allVersions);
  if (bytes === 'not kept') tally.withoutBytes++;
  else if (bytes === 'unreadable') tally.unreadable++;
  const files = bytes instanceof Uint8Array ? target.write(entry, bytes, { isNewest, allVersions }) : [];
  if (files.length > 0) tally.written++;
  target.list({
    seq: entry.seq,
    at: new Date(origin.atMs).toISOString(),
    actor: origin.actor,
    cause: origin.cause,
    op: entry.op,
    kind: entry.kind,
    path: entry.path,
    digest: entry.digest,
    size: entry.size,
    files,
    ...(bytes === 'not kept' && { why: 'its bytes were pruned, or never kept' }),
    ...(bytes === 'unreadable' && { why: 'its bytes are damaged or missing' }),
    ...(bytes === 'not asked for' && {
      why: `${isRefused ? 'its write was refused' : 'not the newest of its path'}; --all-versions writes it too`,
    }),
    ...(bytes instanceof Uint8Array && files.length === 0 && { why: 'the file system has no place for its name' }),
  });
}

function bytesToWrite(
  { reader, unreadable, tally }: Rescue,
  entry: LoggedEntry,
  isAskedFor: boolean,
): Uint8Array | 'not kept' | 'unreadable' | 'not asked for' {
  if (entry.body.in === 'nowhere') return 'not kept';
  if (unreadable.has(tally.versions)) return 'unreadable';
  if (!isAskedFor) return 'not asked for';
  try {
    return reader.read(entry) ?? 'unreadable';
  } catch {
    return 'unreadable';
  }
}

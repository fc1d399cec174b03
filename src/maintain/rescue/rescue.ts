/**
 * Writes everything of a log that can still be read into a directory of its own. Nothing in the root changes.
 *
 *     newest/<path>                   the newest valid version of each path that can be read, also of what was deleted since
 *     versions/<path>/<seq>-<kind>    every readable version, where that was asked for
 *     versions.ndjson                 a line for each version that the log names: seq, time, actor, path, and where it was written
 */
import { openBlobReads } from '../../blobs/blob-store.ts';
import type { EventFrame, LoggedEntry, Origin, Seq } from '../../core/events.ts';
import { keptBytesIn, type BodySource } from '../../core/grown-bytes.ts';
import { LarderError } from '../../core/errors.ts';
import { BodyReader } from '../../events/body-reader.ts';
import { readDamaged, type Gap } from '../../events/read-damaged.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import { systemClock } from '../../host/system-clock.ts';
import { RecentStreams } from './recent-streams.ts';
import { openTarget, type Target } from './target.ts';
import type { LostStretch, RescueOptions, RescueReport } from './types.ts';

interface Tally {
  versions: number;
  written: number;
  unreadable: number;
  withoutBytes: number;
  lastSeq: Seq;
  readonly gaps: LostStretch[];
}

type Read = (entry: LoggedEntry) => Uint8Array | null;

interface Rescue {
  readonly target: Target;
  readonly read: Read;
  /** Seq of the version that stands for each path. */
  readonly newest: ReadonlyMap<string, Seq>;
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
  const pass = (): Pass =>
    passOver({
      stored: (place, digest) => bodies.read(place, digest),
      blob: (digest) => blobs.get(digest),
    });
  const tally: Tally = { versions: 0, written: 0, unreadable: 0, withoutBytes: 0, lastSeq: 0, gaps: [] };
  const { note, read } = pass();
  const rescued: Rescue = { target: opened, read, newest: newestOf(readDamaged(fs, log), pass()), tally, allVersions };
  for (const item of readDamaged(fs, log)) {
    if (item.kind === 'gap') tally.gaps.push(stretchOf(item));
    else if (item.frame.type === 'events') {
      for (const entry of item.frame.entries) note(entry);
      takeFrame(rescued, item.frame);
    }
    onProgress(tally.versions);
  }
  const { versions, written, unreadable, withoutBytes, lastSeq, gaps } = tally;
  const paths = opened.paths();
  return { versions, written, paths, unreadable, without_bytes: withoutBytes, last_seq: lastSeq, gaps };
}

/** Every entry is noted, in the order of the log, before it is read. */
interface Pass {
  readonly note: (entry: LoggedEntry) => void;
  readonly read: Read;
}

function passOver(stored: Omit<BodySource, 'version'>): Pass {
  const streams = new RecentStreams();
  const source: BodySource = { ...stored, version: (seq) => streams.get(seq) };
  return {
    note: (entry) => streams.note(entry),
    read: ({ body, digest }) => (digest === null ? null : keptBytesIn(source, { body, digest })),
  };
}

/** A broken save or a rescued piece stands for its path only while nothing valid does. */
function newestOf(items: ReturnType<typeof readDamaged>, { note, read }: Pass): Map<string, Seq> {
  const newest = new Map<string, Seq>();
  for (const item of items) {
    if (item.kind === 'gap' || item.frame.type !== 'events') continue;
    for (const entry of item.frame.entries) {
      note(entry);
      const stands = isVersion(entry) && (entry.kind === 'valid' || !newest.has(entry.path));
      if (stands && attemptRead(read, entry) instanceof Uint8Array) newest.set(entry.path, entry.seq);
    }
  }
  return newest;
}

const isVersion = ({ kind, digest }: LoggedEntry): boolean => kind !== null && kind !== 'deleted' && digest !== null;

const stretchOf = ({ path, from, to, reason }: Gap): LostStretch => ({ segment: path, from, to, reason });

function takeFrame(rescue: Rescue, { entries, origin }: EventFrame): void {
  for (const entry of entries) {
    rescue.tally.lastSeq = Math.max(rescue.tally.lastSeq, entry.seq);
    if (!isVersion(entry)) continue;
    rescue.tally.versions++;
    takeVersion(rescue, entry, origin);
  }
}

/** What cannot be written is told in the list, and the next version is taken all the same. */
function takeVersion({ target, read, newest, tally, allVersions }: Rescue, entry: LoggedEntry, origin: Origin): void {
  const bytes = attemptRead(read, entry);
  if (bytes === null) tally.withoutBytes++;
  else if (bytes === 'unreadable') tally.unreadable++;
  const isNewest = newest.get(entry.path) === entry.seq;
  const files = bytes === null || bytes === 'unreadable' ? [] : target.write(entry, bytes, { isNewest, allVersions });
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
    ...(bytes === null && { why: 'its bytes were pruned, or never kept' }),
    ...(bytes === 'unreadable' && { why: 'its bytes are damaged or missing' }),
    ...(bytes instanceof Uint8Array && files.length === 0 && { why: whyNot(isNewest) }),
  });
}

const whyNot = (isNewest: boolean): string =>
  isNewest ? 'the file system has no place for its name' : 'not the newest of its path; --all-versions writes it too';

function attemptRead(read: Rescue['read'], entry: LoggedEntry): Uint8Array | 'unreadable' | null {
  if (entry.body.in === 'nowhere') return null;
  try {
    return read(entry) ?? 'unreadable';
  } catch {
    return 'unreadable';
  }
}

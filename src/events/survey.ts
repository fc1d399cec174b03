/**
 * A log looked at without opening it: nothing on disk is changed, no id is renewed, and what opening would do with the tail is
 * said instead of done. For verify, on a closed root or a copy.
 */
import type { Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { withOpen } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { isRealDamage } from './find-log.ts';
import { peekMark } from './frame-head.ts';
import { readIdentity } from './log-identity.ts';
import { readTail } from './log-tail.ts';
import { readDamaged } from './read-damaged.ts';
import { headsIn } from './segment-frames.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { listSegments, readHeader } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import { segmentWindow } from './segment-window.ts';

export interface LogSurvey {
  /** Each as far as it belongs to the log; a torn tail is left out, damage is not. */
  readonly segments: readonly Segment[];
  /** Of the last segment; null where there is none that can be read. */
  readonly logId: string | null;
  /** The root was copied, or the log came from elsewhere: nothing in it is known to be synced in place. */
  readonly isCopied: boolean;
  /** It ends with an orderly stop: nobody wrote to the root when it was copied. */
  readonly isClean: boolean;
  readonly checkpoint: Seq;
  readonly lastSeq: Seq;
  /** What opening would cut off, and why. */
  readonly torn: { readonly path: string; readonly offset: number; readonly reason: string } | null;
  /** Entries that were taken back. */
  readonly aborted: ReadonlySet<Seq>;
}

const NOTHING: LogSurvey = {
  segments: [],
  logId: null,
  isCopied: false,
  isClean: false,
  checkpoint: 0,
  lastSeq: 0,
  torn: null,
  aborted: new Set(),
};

/** Throws LarderError `log_newer`. */
export function surveyLog(fs: FileSystem, directory: string, rootIdentity: string): LogSurvey {
  const found = listSegments(fs, directory);
  const last = found.at(-1);
  if (!last) return NOTHING;
  const identity = readIdentity(fs, directory);
  const isCopied = identity === null || identity.root !== rootIdentity;
  const tail = surveyTail(fs, last, isCopied, identity?.durability ?? 'os');
  const segments = [...found.slice(0, -1), tail.segment];
  const aborted = new Set([...(identity?.aborted ?? []), ...abortedIn(fs, directory, segments)]);
  const { logId, lastSeq, torn, isClean } = tail;
  return { segments, logId, isCopied, isClean, checkpoint: isCopied ? 0 : tail.checkpoint, lastSeq, torn, aborted };
}

type Tail = Pick<LogSurvey, 'logId' | 'isClean' | 'checkpoint' | 'lastSeq' | 'torn'> & { readonly segment: Segment };

function surveyTail(fs: FileSystem, last: Segment, isCopied: boolean, written: 'sync' | 'os'): Tail {
  return withOpen(fs, last.path, (fd) => {
    const header = headerOf(fs, fd, last);
    if (!header) return { segment: last, logId: null, isClean: false, checkpoint: 0, lastSeq: 0, torn: null };
    const { end, damage, isClean } = readTail(fs, fd, header, written);
    const isTorn = damage !== null && !isRealDamage(damage, isCopied, written);
    return {
      segment: damage && !isTorn ? last : { ...last, bytes: end.offset, isExact: true },
      logId: header.logId,
      isClean,
      checkpoint: end.checkpoint,
      lastSeq: end.lastSeq,
      torn: isTorn ? { path: last.path, offset: damage.offset, reason: damage.reason } : null,
    };
  });
}

/** Null where it is broken: reading says so when it comes to it. */
function headerOf(fs: FileSystem, fd: number, segment: Segment): ReturnType<typeof readHeader> | null {
  try {
    return readHeader(fs, fd, segment);
  } catch (error) {
    if (error instanceof LarderError && error.members['format'] === undefined) return null;
    throw error;
  }
}

const PEEK_BYTES = 64;

/** A cheap look at each segment; a thorough one only when one of them takes something back. */
export function abortedIn(fs: FileSystem, directory: string, segments: readonly Segment[]): Seq[] {
  const suspects = new Set(segments.filter((segment) => takesBack(fs, segment)).map(({ path }) => path));
  const seqs: Seq[] = [];
  if (suspects.size === 0) return seqs;
  for (const item of readDamaged(fs, directory, segments)) {
    if (item.kind !== 'frame' || item.standing === 'given-up') continue;
    if (item.frame.type === 'abort') seqs.push(...item.frame.seqs);
  }
  return seqs;
}

function takesBack(fs: FileSystem, segment: Segment): boolean {
  return withOpen(fs, segment.path, (fd) => {
    const start = { offset: SEGMENT_HEADER_BYTES, chain: new Uint8Array() };
    const stretch = { path: segment.path, start, limit: () => segment.bytes, endChain: null };
    const heads = headsIn(
      segmentWindow(fs, fd, () => segment.bytes),
      stretch,
      PEEK_BYTES,
    );
    for (const head of heads) if (peekMark(head).kind === 'abort') return true;
    return false;
  });
}

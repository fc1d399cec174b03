/**
 * Opening: which log lies here, where it ends, and what an unorderly stop means for it. Nothing is changed on disk before it
 * is decided; a tail that may still be evidence (of a copy, or of `durability: os`) is left where it is, because the
 * next segment's chain says where the log goes on.
 */
import { join } from 'node:path/posix';
import type { Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { attempt, isKernelError } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { damaged } from './damage.ts';
import { mintLogId, readIdentity } from './log-identity.ts';
import type { LogIdentity } from './log-identity.ts';
import { readTail } from './log-tail.ts';
import type { Learned, LogTail, Position } from './position.ts';
import { SEGMENT_HEADER_BYTES, firstChain, firstCount } from './segment-header.ts';
import { listSegments, readHeader } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import type { Durability, EventLogOptions, LogOrigin } from './types.ts';

export interface FoundLog {
  readonly origin: LogOrigin;
  readonly notices: readonly string[];
  readonly identity: LogIdentity;
  readonly isIdentityWritten: boolean;
  /** Log id of the identity that lies there; null where there is none that can be read. */
  readonly logOnDisk: string | null;
  readonly segments: readonly Segment[];
  readonly position: Position;
  readonly nextSeq: Seq;
  /** The last segment, open for writing; it may go on unless `needsSegment`. */
  readonly last: OpenSegment | null;
  readonly needsSegment: boolean;
  readonly learned: Learned | null;
}

export interface OpenSegment {
  readonly segment: Segment;
  readonly fd: number;
  readonly fileBytes: number;
  readonly bornMs: number;
  /** When it was written last, before this process. */
  readonly writtenMs: number;
  /** From here on the frames may be in memory alone. */
  readonly unprovenFrom: number;
}

/** Throws LarderError `log_damaged` where the log cannot be trusted to be whole, `log_unwritable` where it cannot be read. */
export function findLog(options: EventLogOptions): FoundLog {
  try {
    return lookForLog(options);
  } catch (error) {
    throw isKernelError(error) ? unwritable(error) : error;
  }
}

function lookForLog(options: EventLogOptions): FoundLog {
  const { fs, directory } = options;
  removeLeftovers(fs, directory);
  const segments = listSegments(fs, directory);
  const last = segments.at(-1);
  if (!last) return newLog(options);
  const fd = fs.open(last.path, 'read-write');
  try {
    return existingLog(options, segments, last, fd);
  } catch (error) {
    attempt(() => fs.close(fd));
    throw error;
  }
}

/** What a crash left between writing a file and giving it its name. */
function removeLeftovers(fs: FileSystem, directory: string): void {
  if (!fs.lstat(directory)) return;
  for (const { name } of fs.readDirectory(directory))
    if (name?.endsWith('.tmp')) attempt(() => fs.unlink(join(directory, name)));
}

function newLog(options: EventLogOptions): FoundLog {
  const identity = identityFor(options, mintLogId(options.random));
  const logOnDisk = readIdentity(options.fs, options.directory)?.log ?? null;
  const position = {
    offset: 0,
    chain: firstChain(identity.log),
    frames: firstCount(identity.log),
    lastSeq: 0,
    checkpoint: 0,
  };
  const nothing = { isIdentityWritten: false, segments: [], last: null, needsSegment: true, learned: null };
  return {
    origin: 'new',
    notices: [],
    identity,
    logOnDisk,
    position,
    nextSeq: (options.knownSeq ?? 0) + 1,
    ...nothing,
  };
}

const identityFor = (options: EventLogOptions, log: string, known: LogIdentity | null = null): LogIdentity => ({
  log,
  root: options.rootIdentity,
  durability: options.durability,
  aborted: known?.aborted ?? [],
  replaced: known?.replaced ?? {},
  clockLeft: known?.clockLeft ?? null,
});

function existingLog(options: EventLogOptions, segments: readonly Segment[], last: Segment, fd: number): FoundLog {
  const { fs, directory } = options;
  const header = readHeader(fs, fd, last);
  const known = readIdentity(fs, directory);
  const isCopied = known === null || known.root !== options.rootIdentity;
  const tail = readTail(fs, fd, header, known?.durability ?? 'os');
  const seenSeq = options.knownLogId === undefined || options.knownLogId === header.logId ? (options.knownSeq ?? 0) : 0;
  const verdict = judge(tail, {
    isCopied,
    written: known?.durability ?? 'os',
    seenSeq,
    segment: last,
  });
  const isRenewed = isCopied || verdict.losesAnnounced || known.log !== header.logId;
  const identity = identityFor(options, isRenewed ? mintLogId(options.random) : header.logId, known);
  const stat = fs.fstat(fd);
  return {
    origin: isCopied ? 'copied' : tail.isClean ? 'clean' : 'crashed',
    notices: noticesOf(verdict, isCopied),
    identity,
    isIdentityWritten: !isRenewed && known.durability === options.durability,
    logOnDisk: known?.log ?? null,
    segments: [...segments.slice(0, -1), { ...last, bytes: tail.end.offset, isExact: true }],
    // Nothing in a copy was ever synced in place.
    position: isCopied ? { ...tail.end, checkpoint: 0 } : tail.end,
    nextSeq: Math.max(tail.end.lastSeq, options.knownSeq ?? 0, last.first - 1) + 1,
    last: {
      segment: last,
      fd,
      fileBytes: tail.fileBytes,
      unprovenFrom: Math.min(tail.unprovenFrom, tail.end.offset),
      bornMs: Number((stat.birthtimeNs || stat.mtimeNs) / 1_000_000n),
      writtenMs: Number(stat.mtimeNs / 1_000_000n),
    },
    needsSegment: isRenewed,
    learned: tail.learned,
  };
}

interface Circumstances {
  readonly isCopied: boolean;
  readonly written: Durability;
  /** Newest event of this very log that the catalog has seen. */
  readonly seenSeq: Seq;
  readonly segment: Segment;
}

interface Verdict {
  /** What was cut off, for the operator. */
  readonly cut: string | null;
  /** Events that somebody may have been told of are gone. */
  readonly losesAnnounced: boolean;
}

/**
 * A broken tail is what a crash leaves of frames that were never answered, if nothing was written after a sync behind it. In
 * a copy that was made while the log grew, and under `os` after a power cut, holes are to be expected.
 */
function judge({ damage, end }: LogTail, { isCopied, written, seenSeq, segment }: Circumstances): Verdict {
  const isExpected = isCopied || written === 'os';
  if (damage && isRealDamage(damage, isCopied, written)) throw damaged(segment.path, damage.offset, reasonFor(damage));
  if (!isExpected && end.lastSeq < seenSeq) throw damaged(segment.path, end.offset, shortOf(end.lastSeq, seenSeq));
  const cut = damage && `${segment.path} was cut at byte ${damage.offset} after an unorderly stop: ${damage.reason}`;
  return { cut, losesAnnounced: isExpected && (damage !== null || end.lastSeq < seenSeq) };
}

type TailDamage = NonNullable<LogTail['damage']>;

/** The first frame of a segment was synced before the segment had a name. */
export function isRealDamage(damage: TailDamage, isCopied: boolean, written: Durability): boolean {
  if (damage.offset === SEGMENT_HEADER_BYTES) return true;
  if (isCopied) return false;
  return written === 'sync' ? damage.laterGroup : damage.laterThanSettled;
}

const reasonFor = (damage: TailDamage): string =>
  `${damage.reason}, and what was synced later follows, so this is not the trace of a crash`;

const shortOf = (lastSeq: Seq, seenSeq: Seq): string =>
  `the log ends with event ${lastSeq}, but the catalog has seen event ${seenSeq}. If an older log was put back on purpose, remove .larder/derived`;

function noticesOf({ cut, losesAnnounced }: Verdict, isCopied: boolean): string[] {
  const notices = cut ? [cut] : [];
  if (isCopied) notices.push('this root is a copy, or its log came from elsewhere: the log goes on under a new id');
  else if (losesAnnounced) notices.push('the end of the log was lost (durability: os): it goes on under a new id');
  return notices;
}

export const unwritable = (cause: unknown): LarderError =>
  new LarderError('log_unwritable', `the event log cannot be opened: ${String(cause)}`, { cause });

/** The event log, opened: what was found is made fit to go on, then one writer and one reader share it. */
import { dirname } from 'node:path/posix';
import type { DraftFrame, EventFrame, Seq, StoredPlace } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import {
  attempt,
  isDiskFull,
  makeDirectoriesDurably,
  readFully,
  syncDirectory,
  withOpen,
  writeAll,
} from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import type { Clock, FileSystem } from '../host/ports.ts';
import { BodyReader } from './body-reader.ts';
import { findLog, unwritable } from './find-log.ts';
import type { FoundLog, OpenSegment } from './find-log.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import { SegmentFile } from './segment-file.ts';
import { rewriteSegment } from './rewrite-segment.ts';
import type { Rewritten } from './rewrite-segment.ts';
import { proveCopy } from './prove-copy.ts';
import { isLarge, prepareDraft } from './prepared-draft.ts';
import type { EventDraft, PreparedDraft } from './prepared-draft.ts';
import { readHeader } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import { SegmentSink } from './segment-sink.ts';
import { abortedIn } from './survey.ts';
import type { LogSurvey } from './survey.ts';
import type { Appended, Dropped, EventLog, EventLogOptions, LogOrigin } from './types.ts';

const MIB = 1024 * 1024;
const WEEK_MS = 7 * 24 * 3600 * 1000;

const DEFAULTS = {
  segmentBytes: 64 * MIB,
  segmentAgeMs: WEEK_MS,
  aheadBytes: MIB / 4,
  queueBytes: 64 * MIB,
  queueFrames: 10_000,
};

type Settings = EventLogOptions & typeof DEFAULTS;

/**
 * Throws LarderError `log_damaged` where the log cannot be trusted, `log_unwritable` where the disk fails. A full disk does not
 * keep it from opening. Cost: one read after an orderly stop, otherwise a walk over the heads of the last segment.
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const settings: Settings = { ...DEFAULTS, ...options };
  const found = findLog(settings);
  await proveCopy(settings, found);
  const { file, notices } = await settle(settings, found);
  const sink = new SegmentSink(settings, {
    identity: found.identity,
    isIdentityWritten: found.isIdentityWritten,
    logOnDisk: found.logOnDisk,
    position: found.position,
    segment: file && found.last ? found.last.segment.first : null,
    highestName: found.last?.segment.first ?? 0,
    file,
  });
  return begin(settings, found, sink, notices);
}

async function begin(settings: Settings, found: FoundLog, sink: SegmentSink, notices: string[]): Promise<EventLog> {
  const reader = new LogReader(settings.fs, {
    segments: found.segments,
    lastSeq: found.position.lastSeq,
    abortedElsewhere: found.identity.aborted,
    learned: found.learned,
  });
  const writer = new LogWriter(
    {
      ...settings,
      logId: found.identity.log,
      onSegment: (segment) => reader.noteSegment(segment),
      onSynced: (frames) => reader.noteSynced(frames),
    },
    sink,
    { nextSeq: found.nextSeq, bornMs: found.last?.bornMs ?? settings.clock.nowMs() },
  );
  try {
    await writer.begin();
  } catch (error) {
    if (!isDiskFull(error)) throw unwritable(error);
    notices.push('the disk is full: nothing can be recorded until there is space');
  }
  return new OpenEventLog(settings, found, { sink, writer, reader }, notices);
}

/** Makes durable what is about to be believed, and takes off what was found torn. */
async function settle(settings: Settings, found: FoundLog): Promise<{ file: SegmentFile | null; notices: string[] }> {
  const { fs, clock, aheadBytes, directory } = settings;
  const notices = [...found.notices];
  if (!found.last) return { file: null, notices };
  const { segment, fd, fileBytes } = found.last;
  const file = new SegmentFile({ fs, clock, aheadBytes, path: segment.path, fd, fileBytes });
  try {
    await prove(fs, file, found, found.last);
    if (found.origin !== 'clean') {
      await makeDirectoriesDurably(fs, dirname(dirname(directory)), directory, 0o700);
      await syncDirectory(fs, directory);
    }
  } catch (error) {
    file.close();
    throw unwritable(error);
  }
  if (!found.needsSegment) return { file, notices };
  file.close();
  return { file: null, notices };
}

/**
 * The last group may be in memory alone, and so may a cut, even behind a clean stop. Both are done once more, because after a
 * sync that failed the kernel calls them clean, and a sync of what it calls clean proves nothing. Where a new segment will
 * say what the end is, what lies behind it stays as evidence.
 */
async function prove(fs: FileSystem, file: SegmentFile, found: FoundLog, last: OpenSegment): Promise<void> {
  const { offset } = found.position;
  const bytes = readFully(fs, last.fd, last.unprovenFrom, offset - last.unprovenFrom);
  try {
    writeAll(fs, last.fd, bytes, last.unprovenFrom);
    if (!found.needsSegment) writeAll(fs, last.fd, A_ZERO, offset);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
  await (found.needsSegment ? file.sync() : file.cut(offset));
}

/** Makes the file longer, so that cutting it is a change. */
const A_ZERO = Uint8Array.of(0);

const NOTHING_DROPPED: Dropped = { freed: 0, damaged: [] };

class OpenEventLog implements EventLog {
  readonly id: string;
  readonly origin: LogOrigin;
  readonly writtenBeforeMs: number | null;
  readonly notices: readonly string[];
  readonly #fs: FileSystem;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #sink: SegmentSink;
  readonly #writer: LogWriter;
  readonly #reader: LogReader;
  readonly #bodies: BodyReader;
  #closing: Promise<void> | null = null;

  constructor(
    { fs, clock, directory }: Settings,
    found: FoundLog,
    { sink, writer, reader }: { sink: SegmentSink; writer: LogWriter; reader: LogReader },
    notices: readonly string[],
  ) {
    this.id = found.identity.log;
    this.origin = found.origin;
    this.writtenBeforeMs = found.last?.writtenMs ?? null;
    this.notices = notices;
    this.#fs = fs;
    this.#clock = clock;
    this.#directory = directory;
    this.#sink = sink;
    this.#writer = writer;
    this.#reader = reader;
    this.#bodies = new BodyReader(fs, directory);
  }

  get lastSeq(): Seq {
    return this.#sink.position.lastSeq;
  }

  get checkpoint(): Seq {
    return this.#sink.position.checkpoint;
  }

  get sizeBytes(): number {
    return this.#reader.sizeBytes;
  }

  get replaced(): Readonly<Record<string, number>> {
    return this.#sink.replaced;
  }

  get clockLeftMs(): number | null {
    return this.#sink.clockLeftMs;
  }

  noteClockLeft(ms: number | null): Promise<void> {
    return this.#sink.noteClockLeft(ms);
  }

  completeUpTo(seq: Seq): { readonly first: Seq; readonly last: Seq }[] {
    const { segments } = this.#reader;
    return segments.flatMap(({ first }, index) => {
      const next = segments[index + 1];
      return next && next.first <= seq + 1 ? [{ first, last: next.first - 1 }] : [];
    });
  }

  seal(): Promise<void> {
    return this.#writer.seal();
  }

  readSegment(segment: Seq): Generator<EventFrame, void, undefined> {
    return this.#reader.readSegment(segment);
  }

  async drop(first: Seq, drops: (seq: Seq) => boolean, moved: () => Promise<void>): Promise<Dropped> {
    const { segments } = this.#reader;
    const index = segments.findIndex((one) => one.first === first);
    const [segment, next] = [segments[index], segments[index + 1]];
    if (!segment || !next) return NOTHING_DROPPED;
    this.#sink.checkPlace();
    const endChain = withOpen(this.#fs, next.path, (fd) => readHeader(this.#fs, fd, next).chain);
    const before = this.#fs.lstat(segment.path)?.size ?? 0;
    const written = await rewriteSegment({ fs: this.#fs, clock: this.#clock, segment, endChain, drops });
    if (!written) return NOTHING_DROPPED;
    await this.#replace(segment, written);
    await moved();
    this.#bodies.moved(first);
    // Last: the new file is read from now on, whatever the disk says of its name.
    await syncDirectory(this.#fs, this.#directory);
    return { freed: before - written.bytes, damaged: written.damaged };
  }

  /** Told first, then done: a crash in between only makes followers look for places that are where they were. */
  async #replace({ first, path }: Segment, { temporary, bytes }: Rewritten): Promise<void> {
    try {
      await this.#sink.noteReplacing(first);
    } catch (error) {
      attempt(() => this.#fs.unlink(temporary));
      throw error;
    }
    this.#bodies.moving(first);
    this.#fs.rename(temporary, path);
    this.#bodies.replaced(first);
    this.#reader.noteReplaced(first, bytes);
  }

  survey(): LogSurvey {
    const { segments } = this.#reader;
    const { lastSeq, checkpoint } = this.#sink.position;
    const aborted = new Set([...this.#sink.abortedElsewhere, ...abortedIn(this.#fs, this.#directory, segments)]);
    return { segments, logId: this.id, isCopied: false, isClean: false, checkpoint, lastSeq, torn: null, aborted };
  }

  append(draft: DraftFrame, prepared?: PreparedDraft): Appended {
    if (this.#closing) throw new LarderError('stopping', 'the event log is closed');
    return this.#writer.append(draft, prepared);
  }

  prepare(draft: EventDraft): Promise<PreparedDraft> | null {
    return isLarge(draft) ? prepareDraft(draft, paceOf(this.#clock)) : null;
  }

  read(after: Seq): Generator<EventFrame, void, undefined> {
    return this.#reader.read(after);
  }

  readBody(place: StoredPlace, digest: Digest): Uint8Array {
    return this.#bodies.read(place, digest);
  }

  close(clean: boolean): Promise<void> {
    return (this.#closing ??= this.#close(clean));
  }

  /** Without the clean-stop frame: the next start then looks at the tail, which is always right. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close(false);
  }

  async #close(clean: boolean): Promise<void> {
    await this.#writer.idle();
    if (clean) await this.#sayClean();
    this.#sink.close();
    this.#bodies[Symbol.dispose]();
  }

  /** A stop that cannot be written is a crash to the next start, no more. */
  async #sayClean(): Promise<void> {
    const { synced } = this.#writer.append({ type: 'clean', upTo: this.lastSeq });
    await synced.then(
      () => this.#sink.seal(),
      () => {},
    );
  }
}

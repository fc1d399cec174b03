import type { DraftFrame, EventFrame, LoggedFrame, Seq, StoredPlace } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import type { Clock, FileSystem, RandomBytes } from '../host/ports.ts';
import type { EventDraft, PreparedDraft } from './prepared-draft.ts';
import type { LogSurvey } from './survey.ts';

/** `sync`: on stable storage when settled. `os`: handed to the kernel, which survives a kill, not a power cut. */
export type Durability = 'sync' | 'os';

export interface EventLogOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Absolute: `<root>/.larder/log`. The root must exist; what lies between is made. */
  readonly directory: string;
  readonly durability: Durability;
  /** The newest seq that anything outside the log has seen (the catalog), and the id of the log that it followed: it is a
   *  witness against a shorter log only if that is this one. Seqs go on behind it in any case. */
  readonly knownSeq?: Seq;
  readonly knownLogId?: string;
  /** Says which directory this is (device and inode of the root), so that a copy is known for one. */
  readonly rootIdentity: string;
  /** A segment takes no further frame once it would be longer (64 MiB) or is older (a week). */
  readonly segmentBytes?: number;
  readonly segmentAgeMs?: number;
  /** How far zeros are written ahead of the end, so that a sync need not write metadata (256 KiB). 0: not at all. */
  readonly aheadBytes?: number;
  /** What may wait for a sync before `append` refuses (64 MiB, 10,000 frames). */
  readonly queueBytes?: number;
  readonly queueFrames?: number;
}

export interface Appended<F extends LoggedFrame = LoggedFrame> {
  /** The frame with its seqs and the places of its bodies; both are final, but must not be shown before `synced`. */
  readonly frame: F;
  /** Settles once the frame is on stable storage (`durability: sync`) or handed to the kernel (`os`). Rejects with a
   *  LarderError `disk_full` or `log_unwritable`; then nothing of the frame will ever be read again, unless the error's member
   *  `outcome` is `unknown`: then the disk refused even to take the frame back, and the next start decides. */
  readonly synced: Promise<void>;
}

/** How the log was found when it was opened. `copied`: its root was copied, so a new log id was taken. */
export type LogOrigin = 'new' | 'clean' | 'crashed' | 'copied';

/** What a segment that was written anew lost. */
export interface Dropped {
  /** Bytes of the disk; 0 where nothing was dropped, and nothing written. */
  readonly freed: number;
  /** Versions that stay, and whose bytes are not what was stored. */
  readonly damaged: readonly DamagedBody[];
}

export interface DamagedBody {
  readonly seq: Seq;
  /** Below the root. */
  readonly path: string;
  /** The segment's file, and where they lie in it. */
  readonly segment: string;
  readonly offset: number;
}

export interface EventLog extends AsyncDisposable {
  /** 32 hex digits; another id means another history. */
  readonly id: string;
  readonly origin: LogOrigin;
  /** What opening had to mend (a torn tail cut off), for the operator; empty as a rule. */
  readonly notices: readonly string[];
  /** The newest synced seq; 0 in a new log. */
  readonly lastSeq: Seq;
  /** Every path changed up to here was synced in place. */
  readonly checkpoint: Seq;
  /** Bytes of all segments. */
  readonly sizeBytes: number;
  /** The whole log as far as it is synced, for whoever verifies it. Cost: a look at every head. */
  survey(): LogSurvey;
  /**
   * Queues a frame; all frames queued while a sync runs share the next one (group commit). Seqs are given in the order of
   * the calls; they strictly increase, with gaps where frames were refused. Throws LarderError `busy` when more than the bound
   * is waiting, `stopping` after `close`. A failure refuses all frames that wait; the next append tries the disk again.
   */
  append(draft: DraftFrame, prepared?: PreparedDraft): Appended;
  /** Does for a large change set what can be done before its seqs are known, in slices; null where appending is quick as it is. */
  prepare(draft: EventDraft): Promise<PreparedDraft> | null;
  /** Synced frames with events after `after`, oldest first, aborted entries left out. Reads heads only, in bounded memory.
   *  Throws LarderError `log_damaged` where the log cannot be read. */
  read(after: Seq): Generator<EventFrame, void, undefined>;
  /** The bytes at a place, checked against the digest. Throws LarderError `gone` when they were pruned, `version_damaged`
   *  when they do not match. */
  readBody(place: StoredPlace, digest: Digest): Uint8Array;
  /** When it was written last before it was opened, by the clock of then; null for a new one. */
  readonly writtenBeforeMs: number | null;
  /** Where the wall clock was when it jumped, if it is not believed since; kept over restarts. */
  readonly clockLeftMs: number | null;
  noteClockLeft(ms: number | null): Promise<void>;
  /** How often each segment was replaced by `drop`, by first seq: who remembers places of bodies compares it. */
  readonly replaced: Readonly<Record<string, number>>;
  /** The segments that are complete and hold nothing behind a seq, by the seqs that they can hold. */
  completeUpTo(seq: Seq): { readonly first: Seq; readonly last: Seq }[];
  /** Ends the segment that grows, so that it can be dropped from. */
  seal(): Promise<void>;
  /**
   * Replaces a complete segment by one without the bytes of some versions. Their heads stay. `moved` is awaited before the old
   * places are given up: it tells who remembers them. A crash at any point leaves the old segment or the new one. The bytes of a
   * version that stays are copied as they are, also where they are damaged. Throws LarderError `log_damaged` where what frames them
   * is, and leaves the segment.
   */
  drop(segment: Seq, drops: (seq: Seq) => boolean, moved: () => Promise<void>): Promise<Dropped>;
  /** The events of one segment, with the places of now. */
  readSegment(segment: Seq): Generator<EventFrame, void, undefined>;
  /** Waits for what is queued. `clean` writes the clean-stop frame. */
  close(clean: boolean): Promise<void>;
}

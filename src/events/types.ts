import type { BodyPlace, DraftFrame, LoggedFrame, Seq } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';

export interface Appended<F extends LoggedFrame = LoggedFrame> {
  /** The frame with its seqs and the places of its bodies; both are final, but must not be shown before `synced`. */
  readonly frame: F;
  /** Settles once the frame is on stable storage (`durability: sync`) or handed to the kernel (`os`). Rejects with a
   *  LarderError `disk_full` or `log_unwritable`; then nothing of the frame will ever be read again. */
  readonly synced: Promise<void>;
}

/** How the log was found when it was opened. `copied`: its root was copied, so a new log id was taken. */
export type LogOrigin = 'new' | 'clean' | 'crashed' | 'copied';

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
  /**
   * Queues a frame; all frames queued while a sync runs share the next one (group commit). Seqs are given in the order of
   * the calls. Throws LarderError `busy` when more than the bound is waiting, `disk_full` while the log cannot grow.
   */
  append(draft: DraftFrame): Appended;
  /** Synced frames with events after `after`, oldest first, aborted entries left out. Reads heads only, in bounded memory. */
  read(after: Seq): Generator<LoggedFrame, void, undefined>;
  /** The bytes at a place, checked against the digest. Throws LarderError `gone` when they were pruned, `log_damaged` when
   *  they do not match. */
  readBody(place: Extract<BodyPlace, { in: 'log' }>, digest: Digest): Uint8Array;
  /** Waits for what is queued. `clean` writes the clean-stop frame. */
  close(clean: boolean): Promise<void>;
}

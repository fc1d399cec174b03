/**
 * Appending: frames are planned as they come and wait in a queue; one loop takes all that wait, writes them as one group,
 * syncs, answers, and only then begins the next (group commit).
 *
 *     waiting -> written -> synced -> answered
 *                   |          |
 *                   +----------+--> taken back -> refused, with all that waits behind
 *
 * A refusal is answered only when no later start can read a byte of the frame: the file was cut back and that was synced,
 * or a new segment was, whose chain goes on before the frame. Where the disk refuses both, the error says `outcome: unknown`.
 */
import type { DraftFrame, Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { isDiskFull } from '../host/durable-files.ts';
import type { Clock } from '../host/ports.ts';
import { planFrame, planSegment } from './log-plan.ts';
import type { Plan, PlanLimits, Planned, PlannedFrame, PlannedSegment } from './log-plan.ts';
import type { PreparedDraft } from './prepared-draft.ts';
import type { SegmentSink } from './segment-sink.ts';
import type { Appended } from './types.ts';

export interface WriterOptions extends PlanLimits {
  readonly clock: Clock;
  readonly logId: string;
  readonly queueBytes: number;
  readonly queueFrames: number;
  /** Told of what is synced before it is answered. */
  readonly onSegment: (segment: PlannedSegment) => void;
  readonly onSynced: (frames: readonly PlannedFrame[]) => void;
}

interface Waiting extends Planned {
  readonly settle: () => void;
  readonly refuse: (error: LarderError) => void;
}

export class LogWriter {
  readonly #options: WriterOptions;
  readonly #sink: SegmentSink;
  #plan: Plan;
  #waiting: Waiting[] = [];
  #inFlight: readonly Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | null = null;

  constructor(options: WriterOptions, sink: SegmentSink, start: { readonly nextSeq: Seq; readonly bornMs: number }) {
    this.#options = options;
    this.#sink = sink;
    this.#plan = { segment: sink.segment, position: sink.position, ...start };
    this.#replan();
  }

  append(draft: DraftFrame, prepared?: PreparedDraft): Appended {
    this.#refuseTooMuch();
    const { clock, logId } = this.#options;
    const planned = planFrame(this.#plan, draft, this.#options, { nowMs: clock.nowMs(), logId, prepared });
    this.#plan = planned.next;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever does not wait for the answer shall not end the process by that.
    promise.catch(() => {});
    this.#waiting.push({ ...planned, settle: resolve, refuse: reject });
    this.#waitingBytes += planned.frame.bytes;
    this.#running ??= this.#run();
    return { frame: planned.frame.frame, synced: promise };
  }

  /** Begins the segment that the next frame would need, so that a first append finds it there. Throws the kernel's error. */
  async begin(): Promise<void> {
    if (this.#plan.segment !== null) return;
    try {
      await this.#beginSegment();
    } catch (error) {
      this.#replan();
      throw error;
    }
  }

  /** Begins a new segment behind what waits, so that the one before it is sealed. A segment without events has no successor. */
  async seal(): Promise<void> {
    if (this.#plan.segment === null || this.#plan.nextSeq === this.#plan.segment) return;
    this.#plan = { ...this.#plan, segment: null };
    await this.append({ type: 'checkpoint', upTo: this.#plan.position.checkpoint }).synced;
  }

  /** Settles when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #refuseTooMuch(): void {
    const { queueBytes, queueFrames } = this.#options;
    const frames = this.#waiting.length + this.#inFlight.length;
    if (frames < queueFrames && this.#waitingBytes < queueBytes) return;
    const detail = `${frames} change sets with ${this.#waitingBytes} bytes wait for the disk`;
    throw new LarderError('busy', detail, { headers: { 'Retry-After': '1' } });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whatever else this turn of the event loop appends shares the sync.
      await this.#options.clock.yieldTurn();
      this.#inFlight = this.#takeGroup();
      try {
        await this.#storeGroup();
      } catch (error) {
        await this.#refuse(error);
      }
      this.#inFlight = [];
    }
    this.#running = null;
  }

  /** What one sync can hold: frames of one segment, and a clean stop by itself. */
  #takeGroup(): Waiting[] {
    const end = this.#waiting.findIndex(
      (next, index) =>
        index > 0 &&
        (next.segment !== null || next.frame.kind === 'clean' || this.#waiting[index - 1]?.frame.kind === 'clean'),
    );
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #storeGroup(): Promise<void> {
    const segment = this.#inFlight[0]?.segment ?? null;
    const frames = this.#inFlight.map((waiting) => waiting.frame);
    if (segment) await this.#startSegment(segment);
    await this.#sink.store(null, frames);
    this.#options.onSynced(frames);
    for (const { frame, settle } of this.#inFlight) {
      this.#waitingBytes -= frame.bytes;
      settle();
    }
  }

  async #startSegment(segment: PlannedSegment): Promise<void> {
    await this.#sink.store(segment, []);
    this.#options.onSegment(segment);
  }

  async #beginSegment(): Promise<void> {
    const { clock, logId } = this.#options;
    const segment = planSegment(this.#plan, this.#options, { nowMs: clock.nowMs(), logId });
    await this.#startSegment(segment);
    this.#plan = { ...this.#plan, segment: segment.first, bornMs: segment.bornMs, position: segment.start };
  }

  async #refuse(cause: unknown): Promise<void> {
    let isTakenBack = await this.#sink.takeBack();
    this.#replan();
    if (!isTakenBack)
      isTakenBack = await this.begin().then(
        () => true,
        () => false,
      );
    const refused = [...this.#inFlight, ...this.#waiting];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#replan();
    const error = refusal(cause, isTakenBack);
    for (const { refuse } of refused) refuse(error);
  }

  /** Goes on from what is durable. Seqs that were refused are not given again. */
  #replan(): void {
    const { segment, position, highestName } = this.#sink;
    const nextSeq = segment === null ? Math.max(this.#plan.nextSeq, highestName + 1) : this.#plan.nextSeq;
    this.#plan = { ...this.#plan, segment, position, nextSeq };
  }
}

function refusal(cause: unknown, isTakenBack: boolean): LarderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const detail = isTakenBack
    ? `nothing was recorded: ${reason}`
    : `the disk takes nothing, not even back; the next start tells whether this was recorded: ${reason}`;
  const members = isTakenBack ? {} : { outcome: 'unknown' };
  return new LarderError(isDiskFull(cause) ? 'disk_full' : 'log_unwritable', detail, { cause, members });
}

/**
 * Whether the wall clock can be believed when it says how old something is: one that ran ahead would make everything old, and
 * prune would thin what is of yesterday. It is believed
 *
 *     - while it goes on from when the log was written last before this process began, as the monotonic clock goes on;
 *     - when it has gone on so for a day since it was seen to jump, or since this process began with another time;
 *     - when the newest event is of the last day, unless it was seen to jump: then that event may have its time from the jump.
 *
 * So a root that is quiet for months is pruned, and no clock that jumped while this process ran is followed before somebody had a
 * day to notice. What an earlier process saw is not known: a restart after a jump believes the clock of the log's last write. The
 * monotonic clock stands still in a suspended machine: after a day of that, too, a day has to pass.
 */
import type { Clock } from '../../host/ports.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const isOn = (from: Moment, now: Moment): boolean =>
  Math.abs(now.wallMs - from.wallMs - (now.monotonicMs - from.monotonicMs)) <= DAY_MS;

export class ClockTrust {
  readonly #clock: Clock;
  /** The wall clock as the root's files had it, where this process began; null for a new root. */
  readonly #before: Moment | null;
  #steady: Moment;
  #hasJumped = false;

  constructor(clock: Clock, writtenBeforeMs: number | null) {
    this.#clock = clock;
    this.#steady = momentOf(clock);
    this.#before = writtenBeforeMs === null ? null : { wallMs: writtenBeforeMs, monotonicMs: this.#steady.monotonicMs };
  }

  /** It was seen while this process ran. */
  get hasJumped(): boolean {
    return this.#hasJumped;
  }

  /** To be called now and then: a jump is dated by it. */
  tick(): void {
    const now = momentOf(this.#clock);
    if (isOn(this.#steady, now)) return;
    this.#steady = now;
    this.#hasJumped = true;
  }

  isBelieved(newestEventMs: number | null): boolean {
    this.tick();
    const now = momentOf(this.#clock);
    if (now.monotonicMs - this.#steady.monotonicMs >= DAY_MS) return true;
    if (this.#before !== null && isOn(this.#before, now)) return true;
    return !this.#hasJumped && newestEventMs !== null && Math.abs(now.wallMs - newestEventMs) <= DAY_MS;
  }
}

const momentOf = (clock: Clock): Moment => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });

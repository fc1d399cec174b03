/**
 * Whether the wall clock can be believed when it says how old something is: one that ran ahead would make everything old, and
 * prune would thin what is of yesterday. It is believed
 *
 *     - while it goes on from when the log was written last before this process began, as the monotonic clock goes on;
 *     - when it has gone on so for a day since it was seen to jump, or since this process began with another time;
 *     - when the newest event is of the last day, unless it was seen to jump: then that event may have its time from the jump.
 *
 * So a root that is quiet for months is pruned, and no clock that jumped while a process ran is followed before somebody had a day to
 * notice. A restart ends no doubt: the log keeps where the clock was when it jumped (`leftMs`), and the next process goes by that, not
 * by times that were written since. The monotonic clock stands still in a suspended machine: after a day of that, too, a day has to
 * pass.
 */
import type { Clock } from '../../host/ports.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const isOn = (from: Moment, now: Moment): boolean =>
  Math.abs(now.wallMs - from.wallMs - (now.monotonicMs - from.monotonicMs)) <= DAY_MS;

/** What an earlier process left to go by. */
export interface ClockPast {
  /** The wall clock as the root's files had it; null for a new root. */
  readonly writtenBeforeMs: number | null;
  /** Where it was when it jumped, while that is a reason for doubt. */
  readonly clockLeftMs: number | null;
}

export class ClockTrust {
  readonly #clock: Clock;
  /** The clock that was believed, which goes on as the monotonic one does; null for a new root. */
  #before: Moment | null;
  #steady: Moment;
  #hasJumped: boolean;

  constructor(clock: Clock, { writtenBeforeMs, clockLeftMs }: ClockPast) {
    this.#clock = clock;
    this.#steady = momentOf(clock);
    const beforeMs = clockLeftMs ?? writtenBeforeMs;
    this.#before = beforeMs === null ? null : { wallMs: beforeMs, monotonicMs: this.#steady.monotonicMs };
    this.#hasJumped = clockLeftMs !== null;
  }

  /** It was seen while this process ran, or one before it. */
  get hasJumped(): boolean {
    return this.#hasJumped;
  }

  /** For the next process: where the clock that was believed would be now; null while nothing speaks against the one there is. */
  get leftMs(): number | null {
    this.tick();
    const now = momentOf(this.#clock);
    if (!this.#hasJumped || this.#before === null || this.#isProven(now)) return null;
    return Math.round(this.#before.wallMs + now.monotonicMs - this.#before.monotonicMs);
  }

  /** To be called now and then: a jump is dated by it. */
  tick(): void {
    const now = momentOf(this.#clock);
    if (isOn(this.#steady, now)) return;
    if (this.#before === null || isDayOld(this.#steady, now)) this.#before = this.#steady;
    this.#steady = now;
    this.#hasJumped = true;
  }

  isBelieved(newestEventMs: number | null): boolean {
    this.tick();
    const now = momentOf(this.#clock);
    if (this.#isProven(now)) return true;
    return !this.#hasJumped && newestEventMs !== null && Math.abs(now.wallMs - newestEventMs) <= DAY_MS;
  }

  #isProven(now: Moment): boolean {
    return isDayOld(this.#steady, now) || (this.#before !== null && isOn(this.#before, now));
  }
}

const isDayOld = (since: Moment, now: Moment): boolean => now.monotonicMs - since.monotonicMs >= DAY_MS;

const momentOf = (clock: Clock): Moment => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });

/**
 * What waits for a second look: files that are broken or changing right now, absences seen once, absences held. In memory
 * only: after a restart everything is looked at again anyway.
 */
import type { Digest } from '../core/digest.ts';
import type { Fault } from '../core/events.ts';
import type { Clock, Timer } from '../host/ports.ts';

type PendingCode = 'pending' | 'absent' | 'held' | 'unrecorded';

export interface Pending {
  readonly code: PendingCode;
  /** What was seen: a stat key, `absent`, or why there is no key. Another sight starts the wait anew. */
  readonly sight: string;
  /** Monotonic ms of the first look with this sight. */
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  readonly collection: string;
  readonly digest: Digest | null;
  readonly faults: readonly Fault[];
  /** Of the restore that the absence was found with: its deletion belongs to it. */
  readonly session?: string;
}

const isAbsence = (code: PendingCode): boolean => code === 'absent' || code === 'held';

/** Looks that fall due together are made together. */
const GATHER_MS = 20;

export class Pendings {
  readonly #byPath = new Map<string, Pending>();
  readonly #dueMs = new Map<string, number>();
  readonly #absentByCollection = new Map<string, number>();
  readonly #clock: Clock;
  readonly #lookAgain: (paths: string[]) => void;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #closed = false;

  constructor(clock: Clock, lookAgain: (paths: string[]) => void) {
    this.#clock = clock;
    this.#lookAgain = lookAgain;
  }

  get(path: string): Pending | undefined {
    return this.#byPath.get(path);
  }

  entries(): Iterable<readonly [string, Pending]> {
    return this.#byPath.entries();
  }

  /** How long this very sight has been there, by the monotonic clock; 0 when it is new. */
  ageMs(path: string, sight: string): number {
    const pending = this.#byPath.get(path);
    return pending && pending.sight === sight ? this.#clock.monotonicMs() - pending.sinceMs : 0;
  }

  heldIn(collection: string): string[] {
    const isHeld = ([, one]: readonly [string, Pending]): boolean =>
      one.code === 'held' && one.collection === collection;
    return [...this.#byPath].filter(isHeld).map(([path]) => path);
  }

  /** Paths that were seen absent so long ago, and are not held. */
  absentFor(ms: number): string[] {
    const sinceMs = this.#clock.monotonicMs() - ms;
    return [...this.#byPath].filter(([, one]) => one.code === 'absent' && one.sinceMs <= sinceMs).map(([path]) => path);
  }

  /** Absent paths of a collection that are waiting or held. */
  absentIn(collection: string): number {
    return this.#absentByCollection.get(collection) ?? 0;
  }

  set(path: string, seen: Omit<Pending, 'sinceMs' | 'sinceWallMs'>, lookAgainInMs: number | null): void {
    const before = this.#byPath.get(path);
    const same = before !== undefined && before.sight === seen.sight;
    this.#forget(path);
    const since = same ? before : { sinceMs: this.#clock.monotonicMs(), sinceWallMs: this.#clock.nowMs() };
    const session = same ? before.session : seen.session;
    this.#byPath.set(path, {
      ...seen,
      sinceMs: since.sinceMs,
      sinceWallMs: since.sinceWallMs,
      ...(session !== undefined && { session }),
    });
    if (isAbsence(seen.code)) this.#countAbsent(seen.collection, 1);
    if (lookAgainInMs !== null) this.#schedule(path, this.#clock.monotonicMs() + lookAgainInMs);
  }

  delete(path: string): void {
    this.#forget(path);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #forget(path: string): void {
    const pending = this.#byPath.get(path);
    if (!pending) return;
    if (isAbsence(pending.code)) this.#countAbsent(pending.collection, -1);
    this.#byPath.delete(path);
    this.#dueMs.delete(path);
  }

  #countAbsent(collection: string, change: number): void {
    const count = this.absentIn(collection) + change;
    if (count > 0) this.#absentByCollection.set(collection, count);
    else this.#absentByCollection.delete(collection);
  }

  #schedule(path: string, dueMs: number): void {
    this.#dueMs.set(path, dueMs);
    if (dueMs < this.#timerAtMs) this.#arm(dueMs);
  }

  #arm(atMs: number): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    this.#timerAtMs = atMs;
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs()) + GATHER_MS;
    this.#timer = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timerAtMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    const due: string[] = [];
    let nextMs = Infinity;
    for (const [path, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs) due.push(path);
      else nextMs = Math.min(nextMs, dueMs);
    }
    for (const path of due) this.#dueMs.delete(path);
    if (nextMs < Infinity) this.#arm(nextMs);
    if (due.length > 0) this.#lookAgain(due);
  }
}

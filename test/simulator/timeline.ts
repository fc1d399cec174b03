/** What lay at each path, when, and who put it there: what the verdicts compare Larder's story with. */
import type { Digest } from '../../src/core/digest.ts';

/** `power`: a power cut brought it back, or tore it. */
export type By = 'hand' | 'process' | 'power';

export interface State {
  readonly digest: Digest | null;
  readonly by: By;
  readonly fromMs: number;
  /** Infinity while it lasts. */
  toMs: number;
  endedBy: By | null;
  /** A save that was finished, not a file half written. */
  isWhole: boolean;
  /** When a hint first led here, with a process that could follow it. */
  hintedMs: number | null;
  /** Lay long enough, seen or hinted at, that history has to have it. */
  isOwed: boolean;
  /** How often a hand wrote to it, also what lay there already: then it was not left alone. */
  touches: number;
  /** How often a hand saved it: what comes after the first is recorded nowhere, because the bytes are the same. */
  saves: number;
  /** A hand put the same bytes there once more, which is an edit where something came in between. */
  isSavedAgain: boolean;
}

const blank = (digest: Digest | null, by: By, fromMs: number): State => ({
  digest,
  by,
  fromMs,
  toMs: Infinity,
  endedBy: null,
  isWhole: false,
  hintedMs: null,
  isOwed: false,
  touches: 0,
  saves: 0,
  isSavedAgain: false,
});

/** A save that the process took away with what it takes back, and now puts where it was. */
function takenJustNow(states: readonly State[], digest: Digest | null, nowMs: number): State | undefined {
  const taken = states.findLast(({ by, endedBy, toMs }) => by === 'hand' && endedBy === 'process' && toMs === nowMs);
  return taken?.digest === digest ? taken : undefined;
}

export class Timeline {
  readonly #byPath = new Map<string, State[]>();

  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  states(path: string): readonly State[] {
    return this.#byPath.get(path) ?? [];
  }

  current(path: string): State | undefined {
    return this.#byPath.get(path)?.at(-1);
  }

  /** Notes what lies there now; nothing begins where it is what lay there before. */
  observe(path: string, digest: Digest | null, by: By, nowMs: number): void {
    const states = this.#byPath.get(path) ?? [];
    const last = states.at(-1);
    if (last ? last.digest === digest : digest === null) return;
    if (last) Object.assign(last, { toMs: nowMs, endedBy: by });
    const taken = by === 'process' ? takenJustNow(states, digest, nowMs) : undefined;
    states.push(taken ? { ...blank(digest, 'hand', nowMs), isWhole: taken.isWhole } : blank(digest, by, nowMs));
    if (taken) taken.endedBy = 'hand';
    this.#byPath.set(path, states);
  }

  /** A hand took away what lies there, or would have lain there by now. */
  clear(path: string, nowMs: number): void {
    const states = this.#byPath.get(path) ?? [];
    const last = states.at(-1);
    if (last?.digest === null && last.by === 'hand') return;
    if (last) Object.assign(last, { toMs: nowMs, endedBy: 'hand' });
    states.push(blank(null, 'hand', nowMs));
    this.#byPath.set(path, states);
  }

  /** A hand wrote over a save in the file that the process had taken out: nobody owes it any more. */
  overwritten(path: string, digest: Digest): void {
    for (const state of this.states(path))
      if (state.digest === digest && state.endedBy === 'process') state.isWhole = false;
  }

  /** A hand wrote to it: what a power cut left is somebody's now, also when the bytes are the same. */
  adopt(path: string): void {
    const last = this.current(path);
    if (last) last.touches++;
    if (last?.by === 'power') Object.assign(last, { by: 'hand' });
    if (last?.by === 'process') last.isSavedAgain = true;
  }

  /** A save is a hand's, also when the bytes are those that the process had written. */
  finish(path: string, nowMs: number): void {
    this.adopt(path);
    const before = this.current(path);
    if (before?.by === 'process') {
      Object.assign(before, { toMs: nowMs, endedBy: 'hand' });
      this.#byPath.get(path)?.push(blank(before.digest, 'hand', nowMs));
    }
    const last = this.current(path);
    if (last) last.saves += 1;
    if (last?.by === 'hand') last.isWhole = true;
  }
}

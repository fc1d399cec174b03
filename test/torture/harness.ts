/**
 * What a torture harness is: one scenario function that takes a size. The gate (`scripts/test`) runs it small, `npm run torture`
 * large. Each has teeth: `without` takes out one safeguard through the ports, and then it must find failures.
 */
import type { Safeguard } from './safeguards.ts';

export interface Run {
  /** How many of the harness's unit: kills, cuts, edits, files. */
  readonly size: number;
  /** For what is random; printed with every failure. */
  readonly seed: number;
  /** Stops early, between two units, once this passes (ms of `performance.now`). */
  readonly untilMs?: number;
  readonly without?: Safeguard;
  /** How long what disagrees may catch up; generous unless failures are what is looked for. */
  readonly patienceMs?: number;
  readonly say?: (text: string) => void;
}

export interface Outcome {
  /** Units that were run. */
  readonly ran: number;
  /** How many there are, where that is known only to the run. */
  readonly of?: number;
  /** What was counted, by name, in the order in which it is told. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What must never happen and did, at most some of each kind. Empty: everything held. */
  readonly failures: readonly string[];
  /** Why it could not run here. */
  readonly skipped?: string;
}

export interface Harness {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  /** In `npm run torture`. */
  readonly size: number;
  /** About what that takes on two idle cores; by it a run with a limit shares its time. */
  readonly minutes: number;
  /** Fewer would not try what it is about, however small the run is to be. */
  readonly least?: number;
  readonly run: (run: Run) => Promise<Outcome>;
}

/** As scripts/environment.sh gives them to the daemon. */
export const NODE_FLAGS: readonly string[] = ['--no-memory-protection-keys'];

export const skipped = (why: string): Outcome => ({ ran: 0, figures: {}, failures: [], skipped: why });

export const isOver = ({ untilMs }: Run): boolean => untilMs !== undefined && performance.now() >= untilMs;

/** How many of a size are affordable at a rate, until time is over. */
export const affordable = ({ size, untilMs }: Run, perSecond: number, least: number): number =>
  untilMs === undefined
    ? size
    : Math.min(size, Math.max(least, Math.floor(((untilMs - performance.now()) / 1000) * perSecond)));

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until it holds; false when the time is over. */
export async function within(limitMs: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= endMs) return false;
    await pause(25);
  }
}

/** Numbers below 1 that follow from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

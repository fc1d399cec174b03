/**
 * Which versions of one path may lose their bytes. Pure. Their place in the history stays: time, actor, digest.
 *
 *     staggered   younger than an hour: one for every 30 s · than a day: one an hour · than 30 days: one a day · older: one a week
 *     90d         what was replaced more than 90 days ago
 *
 * Of each span the newest version is kept. Spans begin at fixed moments and each is made of whole smaller ones, so that thinning
 * every day ends where thinning once does.
 */
import type { Seq } from './events.ts';

export type Keep =
  | { readonly kind: 'all' }
  | { readonly kind: 'staggered' }
  | { readonly kind: 'days'; readonly days: number };

/** Null for what is none. */
export function parseKeep(text: string): Keep | null {
  if (text === 'all' || text === 'staggered') return { kind: text };
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  return days === undefined ? null : { kind: 'days', days: Number(days) };
}

export interface RetainedVersion {
  readonly seq: Seq;
  readonly atMs: number;
  /** It is there, or was the last before a deletion, or redo may need it: never dropped, whatever its age. */
  readonly isProtected: boolean;
}

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

/** Up to which age, how long a span is. */
const SPANS = [
  { untilMs: HOUR_MS, spanMs: 30 * SECOND_MS },
  { untilMs: DAY_MS, spanMs: HOUR_MS },
  { untilMs: 30 * DAY_MS, spanMs: DAY_MS },
  { untilMs: Infinity, spanMs: 7 * DAY_MS },
] as const;

/** `versions` newest first. Answers seqs, newest first. */
export function droppable(versions: readonly RetainedVersion[], keep: Keep, nowMs: number): Seq[] {
  switch (keep.kind) {
    case 'all':
      return [];
    case 'staggered':
      return thinned(versions, nowMs);
    case 'days':
      return replacedBefore(versions, nowMs - keep.days * DAY_MS);
  }
}

function thinned(versions: readonly RetainedVersion[], nowMs: number): Seq[] {
  const taken = new Set<string>();
  const dropped: Seq[] = [];
  for (const { seq, atMs, isProtected } of versions) {
    const span = spanOf(atMs, nowMs);
    const isNewest = !taken.has(span);
    taken.add(span);
    if (!isNewest && !isProtected) dropped.push(seq);
  }
  return dropped;
}

function spanOf(atMs: number, nowMs: number): string {
  const spanMs = SPANS.find(({ untilMs }) => nowMs - atMs < untilMs)?.spanMs ?? 0;
  return `${spanMs} ${Math.floor(atMs / spanMs)}`;
}

/** What was current at the limit stays: every moment behind it can be answered. */
function replacedBefore(versions: readonly RetainedVersion[], limitMs: number): Seq[] {
  return versions.flatMap(({ seq, isProtected }, index) => {
    const successor = versions[index - 1];
    return successor && successor.atMs < limitMs && !isProtected ? [seq] : [];
  });
}

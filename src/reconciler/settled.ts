import type { Decision } from '../core/decision.ts';
import type { Origin } from '../core/events.ts';
import type { Observation } from './observe.ts';

/** One path with what was decided for it. */
export interface Settled {
  readonly observation: Observation;
  readonly decision: Decision;
  /** `SchemaBook.changes` before its bytes were judged. */
  readonly judgedBy: number;
  /** Set when the decision is a move: the path it came from. */
  readonly from?: string;
}

export interface SettleOptions {
  /** The change set of the look; without it what is found becomes a set of its own. */
  readonly origin?: Origin;
  /** The whole look was compared with history, for what it brings back. */
  readonly isCompared?: boolean;
  /** True while nothing can have moved: the first index of a new root. */
  readonly nothingKnown?: boolean;
  /** Somebody confirmed that what is absent is deleted: nothing waits, nothing is held. */
  readonly absencesConfirmed?: boolean;
  /** A write to the paths comes next: what is seen there will not be there for long, and is not worth a note. */
  readonly beforeWrite?: boolean;
  /** Somebody takes the bytes of a rotten file for an edit. */
  readonly rotTaken?: boolean;
  /** Files are read from end to end, also where they only grew: all of them, or those whose bytes the history keeps. */
  readonly whole?: 'all' | 'kept';
}

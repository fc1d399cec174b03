import type { Decision } from '../core/decision.ts';
import type { Observation } from './observe.ts';

/** One path with what was decided for it. */
export interface Settled {
  readonly observation: Observation;
  readonly decision: Decision;
  /** Set when the decision is a move: the path it came from. */
  readonly from?: string;
}

/** Problems that begin and end without a version of their own. */
import type { Fault, Origin } from '../core/events.ts';
import type { ProblemCode } from '../core/problems.ts';
import type { World } from './world.ts';

export interface Verdict {
  readonly op: 'problem' | 'resolved';
  readonly code: ProblemCode;
  readonly faults?: readonly Fault[];
}

export async function recordVerdict(world: World, path: string, verdict: Verdict, origin: Origin): Promise<void> {
  const entry = { faults: [], ...verdict, path, kind: null, digest: null, size: 0, before: null } as const;
  await world.recorder.record({ type: 'events', kind: 'verdict', origin, entries: [entry] }, { content: noContent });
  world.onMarked(path);
}

const noContent = (): never => {
  throw new Error('a verdict without a version has no content');
};

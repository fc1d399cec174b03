/** Problems that follow from the present state and need no event of their own. */
import type { DerivedProblem } from '../catalog/types.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

/**
 * Why a served document deserves a look: it no longer fits its schema, or something about it is unusual. Null when the look says
 * nothing of the bytes that are served: marks follow from these and their schema alone, whatever else lies on the disk.
 */
export function derivedProblems(
  world: World,
  { observation: { path, head, examined, found }, decision }: Settled,
): readonly DerivedProblem[] | null {
  const base = { path, sinceMs: world.clock.nowMs(), digest: examined.digest };
  if (decision.do === 'mark-unfit') return [{ ...base, code: 'invalid', faults: decision.faults }];
  const isServed = decision.do === 'record' || (examined.digest !== null && examined.digest === head?.servedDigest);
  if (!isServed || found.is !== 'valid') return null;
  const warnings = examined.verdict?.kind === 'valid' ? examined.verdict.warnings : [];
  return warnings.length > 0 ? [{ ...base, code: 'warning', faults: warnings }] : [];
}

/** Replaces the derived problems of a path, and tells whoever keeps answers with marks. */
export function setDerived(world: World, path: string, derived: readonly DerivedProblem[]): void {
  world.catalog.setDerived(path, derived);
  world.onMarked(path);
}

/** Problems that follow from the present state and need no event of their own. */
import type { DerivedProblem } from '../catalog/types.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

/** Why a served document deserves a look: it no longer fits its schema, or something about it is unusual. */
export function derivedProblems(
  world: World,
  { observation: { path, examined }, decision }: Settled,
): DerivedProblem[] {
  const base = { path, sinceMs: world.clock.nowMs(), digest: examined.digest };
  if (decision.do === 'mark-unfit') return [{ ...base, code: 'invalid', faults: decision.faults }];
  const warnings = examined.verdict?.kind === 'valid' ? examined.verdict.warnings : [];
  return warnings.length > 0 ? [{ ...base, code: 'warning', faults: warnings }] : [];
}

/** Replaces the derived problems of a path, and tells whoever keeps answers with marks. */
export function setDerived(world: World, path: string, derived: readonly DerivedProblem[]): void {
  world.catalog.setDerived(path, derived);
  world.onMarked(path);
}

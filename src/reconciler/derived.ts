/** Problems that follow from the present state and need no event of their own. */
import type { DerivedMarks, DerivedProblem } from '../catalog/types.ts';
import type { Digest } from '../core/digest.ts';
import { judgeBytes, type Verdict } from '../core/examine.ts';
import { keptBytes } from './known-versions.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

/**
 * Why a served document deserves a look: it no longer fits its schema, or something about it is unusual. Null when the look says
 * nothing of the bytes that are served: marks follow from these and their schema alone, whatever else lies on the disk.
 */
export function derivedProblems(
  world: World,
  { observation: { path, head, examined, found }, decision, judgedBy }: Settled,
): readonly DerivedProblem[] | null {
  const { look, digest, verdict } = examined;
  const isServed = decision.do === 'record' || (digest !== null && digest === head?.servedDigest);
  if (!isServed || digest === null) return null;
  if (judgedBy !== world.schemas.changes && look.kind === 'file') return marksOf(world, path, look.bytes, digest);
  if (decision.do !== 'mark-unfit' && found.is !== 'valid') return null;
  return verdict ? marksBy(world, path, digest, verdict) : [];
}

/** The marks of bytes by the schema that is in force now: they may have been judged by an earlier one. */
export const marksOf = (world: World, path: string, bytes: Uint8Array, digest: Digest): readonly DerivedProblem[] =>
  marksBy(
    world,
    path,
    digest,
    judgeBytes(path, bytes, (value, text) => world.schemas.judge(path, value, text)).verdict,
  );

/** The marks of a served version that fits its schema. Bytes that are kept no more warn of nothing. */
export function marksOfFit(world: World, path: string, digest: Digest): readonly DerivedProblem[] {
  const head = world.catalog.head(path);
  if (head?.servedDigest !== digest || head.servedBody === null) return [];
  const bytes = keptBytes(world, head.servedBody, digest);
  return bytes === null ? [] : marksBy(world, path, digest, judgeBytes(path, bytes, () => []).verdict);
}

export function marksBy(
  world: World,
  path: string,
  digest: Digest,
  verdict: Verdict | null,
): readonly DerivedProblem[] {
  const base = { path, sinceMs: world.clock.nowMs(), digest };
  if (verdict?.kind === 'invalid') return [{ ...base, code: 'invalid', faults: verdict.faults }];
  const warnings = verdict?.warnings ?? [];
  return warnings.length > 0 ? [{ ...base, code: 'warning', faults: warnings }] : [];
}

/** Replaces the derived problems of some paths, and tells whoever keeps answers with marks. */
export function setDerived(world: World, marksByPath: ReadonlyMap<string, DerivedMarks>): void {
  world.catalog.setDerived(marksByPath);
  for (const path of marksByPath.keys()) world.onMarked(path);
}

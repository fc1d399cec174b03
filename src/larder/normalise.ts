/** `larder.maintenance.normalise`: a plan, then one change set through the pipeline. */
import { LarderError } from '../core/errors.ts';
import type { Who } from '../core/requests.ts';
import { planNormalise, type Normalising } from '../maintain/normalise/plan.ts';
import type { World } from '../reconciler/world.ts';
import { writeMany } from './many-writes.ts';

export interface NormaliseReport {
  /** Documents that were looked at. */
  readonly looked: number;
  /** Paths that are, or would be, laid out anew. */
  readonly changed: readonly string[];
  /** Paths that are left alone, because their file is not the served version just now. */
  readonly left: readonly string[];
  /** Null where nothing was written. */
  readonly change_set: string | null;
  readonly dry_run: boolean;
}

/** Throws `not_found`, `too_large`; `precondition_failed` when a file was changed since it was planned: then nothing is written. */
export async function normalise(world: World, asked: Normalising, who: Who, dryRun: boolean): Promise<NormaliseReport> {
  const { looked, changes, left } = await planNormalise(world, asked);
  const requests = changes.map(({ request }) => request);
  const results = dryRun ? [] : await writeMany(world, requests, who, { atomic: true });
  const refused = results.find((result) => !result.ok);
  if (refused && !refused.ok)
    throw refused.error instanceof LarderError ? refused.error : new Error('a write was lost');
  const [first] = results;
  const changed = changes.map(({ path }) => path);
  return { looked, changed, left, change_set: first?.ok ? first.written.changeSet : null, dry_run: dryRun };
}

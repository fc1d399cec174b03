/**
 * `larder.maintenance.normalise`: a plan, judged as a write is, then one change set through the pipeline. What is refused for itself (a schema
 * that came later, one that cannot be used) is left as it is, and named; a file that was changed since it was planned refuses all.
 */
import { LarderError, type ErrorCode } from '../core/errors.ts';
import type { Who, WriteRequest, WriteResult } from '../core/requests.ts';
import { planNormalise, type Normalising, type NormalisePlan } from '../maintain/normalise/plan.ts';
import type { World } from '../reconciler/world.ts';
import { checkAtomic, writeMany } from './many-writes.ts';

interface NormaliseRefusal {
  readonly path: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface NormaliseReport {
  /** Documents that were looked at. */
  readonly looked: number;
  /** Paths that are, or would be, laid out anew. */
  readonly changed: readonly string[];
  /** Paths that are left alone, because their file is not the served version just now. */
  readonly left: readonly string[];
  /** Documents that are left alone, because writing them would be refused: their schema does not allow what they hold, say. */
  readonly refused: readonly NormaliseRefusal[];
  /** Null where nothing was written. */
  readonly change_set: string | null;
  readonly dry_run: boolean;
}

/** Throws `not_found`, `too_large`; `precondition_failed` when a file was changed since it was planned: then nothing is written. */
export async function normalise(world: World, asked: Normalising, who: Who, dryRun: boolean): Promise<NormaliseReport> {
  const { looked, changes, left } = await planNormalise(world, asked);
  const requests = changes.map(({ request }) => request);
  const judged = await writeMany(world, requests, who, { dryRun: true });
  const refused = changes.flatMap(({ path }, i) => refusalOf(path, judged[i]));
  const refusedPaths = new Set(refused.map(({ path }) => path));
  const allowed = changes.filter(({ path }) => !refusedPaths.has(path));
  await checkAtomic(
    world,
    allowed.map(({ request }) => request),
  );
  const changeSet = dryRun ? null : await execute(world, allowed, who);
  return { looked, changed: allowed.map(({ path }) => path), left, refused, change_set: changeSet, dry_run: dryRun };
}

/** None where it may be written. Throws what concerns more than this document, and that its file was changed meanwhile. */
function refusalOf(path: string, result: WriteResult | undefined): NormaliseRefusal[] {
  if (result?.ok) return [];
  const error = result?.error;
  if (!(error instanceof LarderError)) throw error ?? new Error('a judgement was lost');
  if (error.code === 'precondition_failed' || error.meaning.status >= 500) throw naming(path, error);
  return [{ path, code: error.code, detail: error.message }];
}

/** The change set; null where there was nothing to write. */
async function execute(world: World, changes: NormalisePlan['changes'], who: Who): Promise<string | null> {
  const requests: WriteRequest[] = changes.map(({ request }) => request);
  try {
    const [first] = await writeMany(world, requests, who, { atomic: true });
    return first?.ok ? first.written.changeSet : null;
  } catch (error) {
    const refused = error instanceof LarderError ? changes[Number(error.members['i'])] : undefined;
    throw refused && error instanceof LarderError ? naming(refused.path, error) : error;
  }
}

const naming = (path: string, error: LarderError): LarderError =>
  new LarderError(error.code, error.message.includes(path) ? error.message : `${path}: ${error.message}`, {
    errors: error.errors,
    members: error.members,
    headers: error.headers,
    cause: error,
  });

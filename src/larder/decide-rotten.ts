/** A person decides about bytes that changed although nothing wrote them: the recorded version, or what is on disk. */
import { ROT_FAULT } from '../core/decision.ts';
import { digestOf } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { look } from '../files/look.ts';
import { originFor } from '../reconciler/commit.ts';
import { LARGEST_DOCUMENT_BYTES } from '../reconciler/observe.ts';
import { originOf } from '../reconciler/origin.ts';
import { isKnown, recordRescued } from '../reconciler/rescued-version.ts';
import { settle } from '../reconciler/settle.ts';
import type { World } from '../reconciler/world.ts';
import type { Deciding, Outcome } from './deciding.ts';
import { writeGoodBack } from './write-good-back.ts';

/** The recorded bytes are written back over what the disk holds by now, whatever that was when it was reported. */
export async function restoreRotten(deciding: Deciding): Promise<Outcome> {
  const { world, problem, options } = deciding;
  const head = world.catalog.head(problem.path);
  if (!head || head.servedDigest === null || head.diskDigest !== head.servedDigest)
    throw new LarderError('conflict', `what was recorded of ${problem.path} is not good either: correct the file`, {
      members: { problem },
    });
  const [hashed] = await world.bulk.digests([problem.path]);
  if (!options.dryRun) await world.queues.runAll([problem.path], () => keepRotten(world, problem.path));
  return writeGoodBack({ ...deciding, problem: { ...problem, digest: hashed?.digest ?? null } });
}

/**
 * Before the write brings them out of the tree: they are a version of the problem that is being decided, which ends with the write,
 * and none that somebody would have to decide about once more. What is too long to be held rots no version that could be written back.
 */
async function keepRotten(world: World, path: string): Promise<void> {
  const seen = look(world, path, { maxBytes: LARGEST_DOCUMENT_BYTES });
  if (seen.kind !== 'file') return;
  const { bytes } = seen;
  const [digest, size, keptUpTo] = [digestOf(bytes), bytes.length, world.heldBytes];
  if (isKnown(world, path, digest)) return;
  const version = { path, code: 'rotten', faults: [ROT_FAULT], digest, size, bytes, keptUpTo } as const;
  await recordRescued(world, version, originOf(world, 'hand'));
}

/** The bytes on disk become a version, as if they had been edited by hand. */
export async function takeRotten({ world, problem, who, options }: Deciding): Promise<Outcome> {
  if (options.dryRun) return { changed: 1, left: 0, changeSets: [] };
  const origin = originFor(world, { ...who, cause: 'hand' });
  await settle(world, [problem.path], { origin, rotTaken: true });
  const isTaken = !world.catalog.head(problem.path)?.problems.includes('rotten');
  return { changed: isTaken ? 1 : 0, left: isTaken ? 0 : 1, changeSets: isTaken ? [origin.changeSet] : [] };
}

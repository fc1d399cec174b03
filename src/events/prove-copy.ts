import { attempt, isKernelError } from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import { damaged } from './damage.ts';
import { unwritable, type FoundLog } from './find-log.ts';
import { readDamaged } from './read-damaged.ts';
import type { EventLogOptions } from './types.ts';

/**
 * A copied log goes on under a new id, and its catalog is made anew from all of it. Where that cannot be, nothing of the root is
 * changed, so that the copy can be mended, or made again. Throws LarderError `log_damaged`. Cost: a walk over all heads.
 */
export async function proveCopy({ fs, clock, directory }: EventLogOptions, found: FoundLog): Promise<void> {
  if (found.origin !== 'copied') return;
  const pace = paceOf(clock);
  try {
    for (const item of readDamaged(fs, directory, found.segments)) {
      if (item.kind === 'gap') throw damaged(item.path, item.from, item.reason);
      await pace();
    }
  } catch (error) {
    if (found.last) attempt(() => fs.close(found.last?.fd ?? -1));
    throw isKernelError(error) ? unwritable(error) : error;
  }
}

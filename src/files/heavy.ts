/** Work on texts of documents: here while it is short, in a worker where it would hold up the event loop. */
import { workOn, type HeavyResult, type HeavyWork } from '../core/heavy-work.ts';
import type { BulkReader } from './bulk.ts';

/** Up to here some milliseconds. */
export const IN_THREAD_BYTES = 256 * 1024;

/** `bytes`: of all the texts together, about. */
export const worked = async <Name extends keyof HeavyWork>(
  bulk: Pick<BulkReader, 'work'>,
  bytes: number,
  name: Name,
  ...args: Parameters<HeavyWork[Name]>
): Promise<HeavyResult<Name>> => (bytes <= IN_THREAD_BYTES ? workOn(name, args) : bulk.work(name, args));

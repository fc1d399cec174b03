import { LarderError } from '../core/errors.ts';
import type { Seq } from '../core/events.ts';
import type { At } from '../core/requests.ts';
import type { World } from '../reconciler/world.ts';

/** The seq that a point in history stands for: the last one of its change set. Throws `future_seq`. */
export function seqAt(world: World, at: At): Seq {
  if ('timeMs' in at) return world.catalog.seqAtTime(at.timeMs);
  const newest = world.recorder.announcedSeq;
  if (at.seq > newest) throw new LarderError('future_seq', `seq ${at.seq} is not reached; the newest is ${newest}`);
  return world.catalog.lastOfSet(at.seq);
}

/** Whether a write finds what it needs: nothing, something, or either. */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Change, WriteRequest } from '../core/requests.ts';
import { sayDeparted } from './departed.ts';
import type { World } from './world.ts';

/** Throws `exists`, and `not_found` with what became of it. */
export function checkTarget(world: World, request: WriteRequest, path: string, disk: Digest | null): void {
  const { change, ref } = request;
  if (change.op === 'put' && change.mustBeNew && disk !== null)
    throw new LarderError('exists', `${path} is there already`);
  if (disk !== null || isWhole(change)) return;
  if (request.preconditions?.ifMatch !== undefined) return;
  const hint = sayDeparted(world, ref);
  throw new LarderError('not_found', `there is no document ${ref.id} in ${ref.collection}`, {
    members: hint === null ? {} : { hint },
  });
}

/** It says what shall be there, whatever is. */
export const isWhole = (change: Change): boolean => change.op === 'put' || change.op === 'exact';

/** An earlier version, put back: its exact bytes, through the one pipeline, judged by the schema of today. */
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { DocumentRef } from '../../core/refs.ts';
import type { Who, WriteOptions, WriteRequest, Written } from '../../core/requests.ts';
import type { StoredEvent } from '../../catalog/answers.ts';
import { bytesOfVersion } from '../../reconciler/bodies.ts';
import { write } from '../../reconciler/write.ts';
import type { World } from '../../reconciler/world.ts';
import { requireEvent } from './find-version.ts';

export async function revert(
  world: World,
  ref: DocumentRef,
  to: Seq,
  who: Who,
  preconditions: WriteRequest['preconditions'],
  options: WriteOptions = {},
): Promise<Written> {
  const body = goodBytes(world, ref, requireEvent(world, ref, to));
  const request = { ref, change: { op: 'exact', body }, ...(preconditions && { preconditions }) } as const;
  return write(world, request, who, options);
}

/** Only what was served once is put back without anybody looking at it. */
function goodBytes(world: World, ref: DocumentRef, event: StoredEvent): Uint8Array {
  const { seq, kind, digest } = event;
  if (kind === 'valid' && digest !== null) return bytesOfVersion(world, { ...event, digest });
  const name = `/v1/${ref.collection}/${ref.id}`;
  if (kind === 'deleted')
    throw new LarderError('conflict', `seq ${seq} is a deletion: to delete it again, DELETE ${name}`);
  throw new LarderError(
    'conflict',
    `seq ${seq} is an ${kind ?? 'unknown'} version, which was never served: read ${name}/_history/${seq}, mend it, and PUT it`,
  );
}

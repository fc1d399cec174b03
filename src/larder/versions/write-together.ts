/** Several writes as one change set. */
import { LarderError } from '../../core/errors.ts';
import type { Who, WriteOptions, WriteRequest, Written } from '../../core/requests.ts';
import type { SetItem } from '../../larder-versions.ts';
import { paceOf } from '../../host/pace.ts';
import { refusedAt } from '../../reconciler/write.ts';
import type { World } from '../../reconciler/world.ts';
import { writeMany } from '../many-writes.ts';
import { nameNewDocument } from '../new-ids.ts';

export async function writeTogether(
  world: World,
  items: readonly SetItem[],
  who: Who,
  options: WriteOptions = {},
): Promise<Written[]> {
  const requests: WriteRequest[] = [];
  const pace = paceOf(world.clock);
  for (const [i, item] of items.entries()) {
    requests.push(requestOf(world, item, i));
    await pace();
  }
  const results = await writeMany(world, requests, who, { ...options, atomic: true });
  return results.map((result) => {
    if (!result.ok) throw result.error;
    return result.written;
  });
}

function requestOf(world: World, item: SetItem, i: number): WriteRequest {
  if (item.kind === 'write') return item.request;
  try {
    const { ref, body } = nameNewDocument(world, item.collection, item.body);
    return { ref, change: { op: 'put', body, mustBeNew: true } };
  } catch (error) {
    throw error instanceof LarderError ? refusedAt(i, error) : error;
  }
}

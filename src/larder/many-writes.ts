/** Bulk writes: in sets that share a frame, so that a sync and a catalog transaction serve some hundred documents. */
import { MOST_CHANGE_BYTES, MOST_CHANGES } from '../core/change-set.ts';
import { LarderError } from '../core/errors.ts';
import { folded } from '../core/names.ts';
import { pathOf } from '../core/refs.ts';
import type { Who, WriteOptions, WriteRequest, WriteResult } from '../core/requests.ts';
import { paceOf } from '../host/pace.ts';
import { refusedAt, writeSet } from '../reconciler/write.ts';
import type { World } from '../reconciler/world.ts';

const SET_SIZE = 200;

type Options = WriteOptions & { readonly atomic?: boolean };

export async function writeMany(
  world: World,
  requests: readonly WriteRequest[],
  who: Who,
  options: Options,
): Promise<WriteResult[]> {
  if (options.atomic) {
    await checkAtomic(world, requests);
    return requests.length === 0 ? [] : writeSet(world, requests, who, options);
  }
  return writeSets(world, requests, who, options);
}

/** Sets that are on their way at once: one is judged while one is written to temp files and one waits for the disk. */
const AT_ONCE = 3;

/** The first failure ends it. */
async function writeSets(
  world: World,
  requests: readonly WriteRequest[],
  who: Who,
  options: Options,
): Promise<WriteResult[]> {
  const writing: Promise<WriteResult[]>[] = [];
  /** Paths of those that may still be on their way. */
  let before: (readonly string[])[] = [];
  try {
    for (const set of setsOf(requests)) {
      const paths = set.map(({ ref }) => pathOf(ref));
      const known = new Set(before.flat());
      const isApart = paths.every((path) => !known.has(path));
      await Promise.all(isApart ? writing.slice(-AT_ONCE, 1 - AT_ONCE) : writing.slice(-AT_ONCE));
      writing.push(writeSet(world, set, who, options));
      before = [...before.slice(2 - AT_ONCE), paths];
      // Told below.
      writing.at(-1)?.catch(() => {});
    }
    return (await Promise.all(writing)).flat();
  } finally {
    await Promise.allSettled(writing);
  }
}

/** Consecutive requests for distinct paths: a second write to a path has to see the first one. */
function* setsOf(requests: readonly WriteRequest[]): Generator<WriteRequest[]> {
  let set: WriteRequest[] = [];
  let paths = new Set<string>();
  for (const request of requests) {
    const path = pathOf(request.ref);
    if (set.length >= SET_SIZE || paths.has(path)) {
      yield set;
      set = [];
      paths = new Set();
    }
    set.push(request);
    paths.add(path);
  }
  if (set.length > 0) yield set;
}

/** Throws what refuses these as one change set, whatever lies on the disk. */
export async function checkAtomic(world: World, requests: readonly WriteRequest[]): Promise<void> {
  const bytes = requests.reduce((sum, { change }) => sum + ('body' in change ? change.body.length : 0), 0);
  if (requests.length > MOST_CHANGES || bytes > MOST_CHANGE_BYTES) {
    throw new LarderError(
      'too_large',
      `a change set holds at most ${MOST_CHANGES} changes and ${MOST_CHANGE_BYTES} bytes; these are ${requests.length} and ${bytes}`,
    );
  }
  const paths = new Set<string>();
  const pathByForm = new Map<string, string>();
  const pace = paceOf(world.clock);
  for (const [i, { ref, change }] of requests.entries()) {
    const path = pathOf(ref);
    await pace();
    if (paths.has(path))
      throw refusedAt(
        i,
        new LarderError('conflict', `${path} is there twice: a change set changes each document once`),
      );
    paths.add(path);
    if (change.op === 'delete') continue;
    const twin = pathByForm.get(folded(path));
    if (twin !== undefined)
      throw refusedAt(i, new LarderError('name_taken', `${path} differs from ${twin} only in case or spelling`));
    pathByForm.set(folded(path), path);
  }
}

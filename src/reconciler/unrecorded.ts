/** What becomes of a look whose outcome the log has no room for: it is served from the disk, marked, until it can be recorded. */
import { collectionOf } from '../core/refs.ts';
import { sightOf } from './observe.ts';
import type { Settled } from './settled.ts';
import { refusalOfDisk } from './refusals.ts';
import type { World } from './world.ts';

/** Runs work that records something about the paths. Where the disk refuses, they are noted; false then. */
export async function unlessRefused(
  world: World,
  paths: readonly string[],
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    // What the log took just now may still be unknown to the catalog, from which reads are answered.
    if (paths.length > 0) world.recorder.refuseBehind();
    return true;
  } catch (error) {
    const refusal = refusalOfDisk(error);
    if (!refusal) throw error;
    world.backlog.noteUnrecorded(paths, refusal);
    return false;
  }
}

/** Marks what was found but not recorded, so that reads say so. A path that is to be deleted stays as it was served. */
export function markUnrecorded(world: World, { observation, decision }: Settled): void {
  const { path, meaning, examined } = observation;
  const base = { sight: sightOf(observation), collection: collectionOf(meaning), digest: examined.digest };
  switch (decision.do) {
    case 'record':
    case 'reaccept':
      return world.pendings.set(path, { ...base, code: 'unrecorded', faults: [] }, null);
    case 'record-invalid':
      return world.pendings.set(path, { ...base, code: 'pending', faults: decision.faults }, null);
    case 'lost':
      return world.pendings.set(path, { ...base, code: 'absent', faults: [] }, null);
    case 'report':
    case 'resolve':
    case 'nothing':
    case 'wait':
    case 'mark-unfit':
  }
}

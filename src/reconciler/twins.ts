/** Two names that differ only in case or spelling: the one known first is served, the other is a problem (FORMAT, names). */
import type { Decision } from '../core/decision.ts';
import type { EventFrame } from '../core/events.ts';
import { folded } from '../core/names.ts';
import type { Observation } from './observe.ts';
import { absolute } from './places.ts';
import type { World } from './world.ts';

/** A vanished twin gets this long to turn out as moved or deleted. */
const TWIN_RETRY_MS = 300;

/** What to do instead of recording, when the folded name is taken; null when it is free. `taken` holds this batch's own. */
export function hasTwin(world: World, { path, head }: Observation, taken: Map<string, string>): Decision | null {
  if (head?.servedDigest) return null;
  const form = folded(path);
  const known = world.firstIndex?.folded ?? taken;
  const twin =
    otherThan(path, known.get(form)) ?? (world.firstIndex ? undefined : world.catalog.pathFoldedAs(form, path));
  if (twin === undefined) {
    known.set(form, path);
    return null;
  }
  const faults = [{ code: 'name_taken', detail: `the name differs from ${twin} only in case or spelling` }];
  if (world.fs.lstat(absolute(world, twin)) !== undefined) {
    return head?.problems.includes('name') ? { do: 'nothing' } : { do: 'report', code: 'name', faults };
  }
  return isSameFile(world, path, twin) ? null : { do: 'wait', code: 'pending', forMs: TWIN_RETRY_MS, faults };
}

const otherThan = (path: string, found: string | undefined): string | undefined => (found === path ? undefined : found);

/** Ten thousand names are not judged for it: where the two are no collection, nothing waits. */
const collectionAt = (path: string): string => path.split('/', 2).join('/');

/** Names that a frame gave up may be what others wait for. */
export function freeNames(world: World, frame: EventFrame): void {
  const given = frame.entries.flatMap((entry) => (entry.kind === 'deleted' ? [entry.path] : (entry.from ?? [])));
  for (const collection of new Set(given.map(collectionAt))) {
    world.lookAgain(world.catalog.pathsWithProblem(collection, 'name'));
  }
}

function isSameFile(world: World, path: string, twin: string): boolean {
  const stat = world.fs.lstat(absolute(world, path));
  return stat !== undefined && (world.catalog.head(twin)?.stat?.endsWith(` ${stat.ino} ${stat.birthtimeNs}`) ?? false);
}

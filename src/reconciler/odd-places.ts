/** Names and directories that cannot be looked at like others: bytes that are no UTF-8, directories without permission. */
import type { DirectoryListing, ListedName } from '../files/types.ts';
import { originOf } from './origin.ts';
import type { World } from './world.ts';

const isDocumentLike = (name: string): boolean => name.endsWith('.json') || name.endsWith('.jsonl');

/** A name whose bytes are not UTF-8 cannot be addressed: it is reported under its spelling with `\xNN`. */
export async function reportUnaddressable(world: World, path: string, entry: ListedName): Promise<void> {
  if (!isDocumentLike(entry.name)) return;
  const seen = { key: entry.key, clean: true };
  if (world.catalog.head(path)?.problems.includes('name')) return world.catalog.noteSeen([{ path, seen }]);
  const faults = [{ code: 'name_not_utf8', detail: 'the name is not UTF-8, so no address leads to it' }];
  await recordProblem(world, path, { op: 'problem', code: 'name', faults }, seen);
}

/** A directory that cannot be read hides what it holds: that is a problem, never an absence. */
export async function reportUnreadable(world: World, listing: DirectoryListing): Promise<void> {
  const known = world.catalog.head(listing.path)?.problems.includes('unreadable') ?? false;
  if (known === (listing.unreadable !== undefined) || listing.path === '') return;
  if (listing.unreadable === undefined)
    return recordProblem(world, listing.path, { op: 'resolved', code: 'unreadable', faults: [] });
  const faults = [{ code: 'unreadable_directory', detail: listing.unreadable }];
  await recordProblem(world, listing.path, { op: 'problem', code: 'unreadable', faults });
}

interface Verdict {
  readonly op: 'problem' | 'resolved';
  readonly code: string;
  readonly faults: readonly { readonly code: string; readonly detail: string }[];
}

async function recordProblem(
  world: World,
  path: string,
  verdict: Verdict,
  seen?: { key: ListedName['key']; clean: boolean },
): Promise<void> {
  const entry = { ...verdict, path, kind: null, digest: null, size: 0, before: null };
  const frame = { type: 'events', kind: 'verdict', origin: originOf(world, 'hand'), entries: [entry] } as const;
  await world.recorder.record(frame, { content: noContent, seen: () => seen });
}

const noContent = (): never => {
  throw new Error('a verdict without a version has no content');
};

/** Names that cannot be looked at like others: bytes that are no UTF-8. */
import type { ListedName } from '../files/types.ts';
import { originOf } from './origin.ts';
import type { World } from './world.ts';

const isDocumentLike = (name: string): boolean => name.endsWith('.json') || name.endsWith('.jsonl');

/** A name whose bytes are not UTF-8 cannot be addressed: it is reported under its spelling with `\xNN`. */
export async function reportUnaddressable(world: World, path: string, entry: ListedName): Promise<void> {
  if (!isDocumentLike(entry.name)) return;
  const seen = { key: entry.key, clean: true };
  if (world.catalog.head(path)?.problems.includes('name')) return world.catalog.noteSeen([{ path, seen }]);
  const faults = [{ code: 'name_not_utf8', detail: 'the name is not UTF-8, so no address leads to it' }];
  const problem = { op: 'problem', code: 'name', faults } as const;
  const verdict = { ...problem, path, kind: null, digest: null, size: 0, before: null } as const;
  const frame = { type: 'events', kind: 'verdict', origin: originOf(world, 'hand'), entries: [verdict] } as const;
  await world.recorder.record(frame, { content: noContent, seen: () => seen });
}

const noContent = (): never => {
  throw new Error('a verdict without a version has no content');
};

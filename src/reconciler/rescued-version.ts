/** Bytes that are no head of any path, kept in the history of one: what a swap brought out, a conflict copy, what rotted. */
import type { Digest } from '../core/digest.ts';
import type { DraftEntry, Fault, Origin } from '../core/events.ts';
import type { ProblemCode } from '../core/problems.ts';
import { bodyOf } from './drafts.ts';
import type { World } from './world.ts';

export interface RescuedVersion {
  readonly path: string;
  /** The problem that they are, or that they belong to. */
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];
  readonly digest: Digest;
  readonly size: number;
  /** Null where they are too long to be held: the digest is kept alone. */
  readonly bytes: Uint8Array | null;
  readonly keptUpTo: number;
  readonly modifiedMs?: number;
}

type RescuedWorld = Pick<World, 'bodyBytes' | 'blobs' | 'recorder' | 'catalog'>;

export async function recordRescued(world: RescuedWorld, version: RescuedVersion, origin: Origin): Promise<void> {
  const { bytes, keptUpTo, ...told } = version;
  const body = bytes === null ? {} : bodyOf(world, bytes, keptUpTo);
  if (bytes !== null && body.inBlob) await world.blobs.put(told.digest, bytes);
  const entry: DraftEntry = { op: 'problem', kind: 'rescued', before: null, ...told, ...body };
  const frame = { type: 'events', kind: 'verdict', origin, entries: [entry] } as const;
  await world.recorder.record(frame, { content: () => ({ text: '', searchText: '' }) });
}

const VERSIONS_COMPARED = 1000;

/** The history of the path has these bytes. */
export const isKnown = ({ catalog }: Pick<World, 'catalog'>, path: string, digest: Digest): boolean =>
  catalog.history(path, { before: null, limit: VERSIONS_COMPARED }).some((event) => event.digest === digest);

/** What a decision becomes in the log. */
import type { DraftEntry, FileIdentity } from '../core/events.ts';
import { identityIn } from '../core/stat-key.ts';
import type { Head } from '../catalog/types.ts';
import type { FileStat } from '../host/ports.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

/** Larger bytes lie in the blob store, which frames name by digest (FORMAT, event log). */
export const LARGEST_BODY_BYTES = 1024 * 1024;

export const identityOf = (stat: FileStat): FileIdentity => ({
  ino: stat.ino,
  birthtimeNs: stat.birthtimeNs,
  mtimeNs: stat.mtimeNs,
});

const NS_PER_MS = 1_000_000n;
export const modifiedMsOf = (stat: FileStat): number => Number(stat.mtimeNs / NS_PER_MS);

export function draftFor(world: World, one: Settled): DraftEntry {
  const { path, head, examined } = one.observation;
  const before = head?.diskDigest ?? null;
  const nothing = { path, kind: null, digest: null, size: 0, before } as const;
  switch (one.decision.do) {
    case 'record':
      return {
        op: one.from === undefined ? one.decision.op : 'move',
        kind: 'valid',
        ...(one.from !== undefined && { from: one.from }),
        ...version(world, one),
      };
    case 'record-invalid':
      return { op: 'problem', kind: 'invalid', code: 'invalid', faults: one.decision.faults, ...version(world, one) };
    case 'report':
      return {
        op: 'problem',
        code: one.decision.code,
        faults: one.decision.faults,
        ...nothing,
        ...(one.decision.code === 'rotten' && { digest: examined.digest }),
      };
    case 'reaccept':
      return { op: 'resolved', ...nothing, digest: examined.digest, ...placedIn(one), ...replacedOf(head) };
    case 'lost':
      return { ...nothing, op: head?.servedDigest ? 'delete' : 'resolved', kind: 'deleted', ...replacedOf(head) };
    case 'resolve':
      return { op: 'resolved', ...nothing };
    case 'nothing':
    case 'wait':
    case 'mark-unfit':
      throw new Error(`${one.decision.do} is no event`);
  }
}

function version(world: World, { observation: { path, head, examined } }: Settled): Omit<DraftEntry, 'op' | 'kind'> {
  const { look, digest } = examined;
  if (look.kind !== 'file' && look.kind !== 'large') throw new Error('a version needs a file');
  const base = {
    path,
    digest,
    size: look.stat.size,
    before: head?.diskDigest ?? null,
    placed: identityOf(look.stat),
    modifiedMs: modifiedMsOf(look.stat),
    ...replacedOf(head),
  };
  const appended = examined.growth?.appended;
  if (appended && head) return { ...base, bytes: appended, base: head.servedSeq };
  return { ...base, ...(look.kind === 'file' && bodyOf(world, look.bytes, mostKeptBytes(world, examined.path))) };
}

const placedIn = ({ observation: { examined } }: Settled): Pick<DraftEntry, 'placed'> =>
  'stat' in examined.look ? { placed: identityOf(examined.look.stat) } : {};

/** The file that was here before: should a power cut bring it back, redo knows it by this. */
export const replacedOf = (head: Head | undefined): Pick<DraftEntry, 'replaced'> =>
  head?.stat ? { replaced: identityIn(head.stat) } : {};

/** Files below `files/` are promised history up to 1 MiB, documents and streams up to 16 MiB. */
export const mostKeptBytes = ({ heldBytes }: Pick<World, 'heldBytes'>, path: string): number =>
  path.split('/')[1] === 'files' ? Math.min(LARGEST_BODY_BYTES, heldBytes) : heldBytes;

/** The part of an entry that says where the bytes of a version are kept; larger ones than `keptUpTo` by digest only. */
export function bodyOf(
  { bodyBytes }: Pick<World, 'bodyBytes'>,
  bytes: Uint8Array,
  keptUpTo: number,
): Pick<DraftEntry, 'bytes' | 'inBlob'> {
  if (bytes.length > keptUpTo) return {};
  return bytes.length > bodyBytes ? { inBlob: true } : { bytes };
}

/** Puts the bytes of a large version into the blob store, synced, before the frame that names them. */
export async function keepLargeBytes(world: World, { observation: { examined }, decision }: Settled): Promise<void> {
  const isVersion = decision.do === 'record' || decision.do === 'record-invalid';
  if (!isVersion || examined.look.kind !== 'file' || examined.digest === null || examined.growth?.appended) return;
  if (bodyOf(world, examined.look.bytes, mostKeptBytes(world, examined.path)).inBlob)
    await world.blobs.put(examined.digest, examined.look.bytes);
}

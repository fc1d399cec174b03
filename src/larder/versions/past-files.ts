/** Files below `files/` as they were: from the history, or where that has no bytes from the file that still holds them. */
import type { StoredEvent } from '../../catalog/answers.ts';
import type { Digest } from '../../core/digest.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import { pathOf, type DocumentRef } from '../../core/refs.ts';
import type { At } from '../../core/requests.ts';
import type { FileAnswer } from '../../larder-types.ts';
import { bytesOrRefusal } from '../../reconciler/bodies.ts';
import type { World } from '../../reconciler/world.ts';
import { openFile } from '../files.ts';
import { seqAt } from '../moments.ts';
import { sourceOf } from '../open-file.ts';
import { eventOf } from './find-version.ts';

export async function fileAt(world: World, ref: DocumentRef, at: At): Promise<FileAnswer> {
  const event = world.catalog.servedAt(pathOf(ref), seqAt(world, at));
  if (event?.kind !== 'valid' || event.digest === null) return { kind: 'missing', hint: 'It was not there then.' };
  return versionOf(world, ref, event, event.digest);
}

/** The version with this very seq, whatever its kind. */
export async function fileVersion(world: World, ref: DocumentRef, seq: Seq): Promise<FileAnswer> {
  const event = eventOf(world, ref, seq);
  if (!event || event.digest === null) return { kind: 'missing', hint: `seq ${seq} is no version of this file` };
  return versionOf(world, ref, event, event.digest);
}

async function versionOf(world: World, ref: DocumentRef, event: StoredEvent, digest: Digest): Promise<FileAnswer> {
  const told = { etag: digest, seq: event.seq, modifiedMs: event.modifiedMs ?? event.atMs };
  const bytes = bytesOrRefusal(world, { ...event, digest });
  if (!(bytes instanceof LarderError)) return { kind: 'file', ...sourceOf(bytes), ...told };
  const now = await openNow(world, ref, digest);
  if (now) return { ...now, ...told };
  throw bytes;
}

/** A file that is longer than what the history keeps is its newest version itself. */
async function openNow(
  world: World,
  ref: DocumentRef,
  digest: Digest,
): Promise<Extract<FileAnswer, { kind: 'file' }> | null> {
  if (world.catalog.head(pathOf(ref))?.diskDigest !== digest) return null;
  const now = await openFile(world, ref);
  if (now.kind !== 'file') return null;
  if (now.etag === digest) return now;
  now.close();
  return null;
}

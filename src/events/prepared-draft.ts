/**
 * What can be made of a large change set before its seqs are known, in slices: its packed bodies, and the encodings of its
 * entries but for the seq. Then appending, which gives the seqs and cannot be interrupted, takes a quarter of the time.
 */
import { encodeAround, type Splice } from '../core/cbor.ts';
import type { DraftEntry, DraftFrame } from '../core/events.ts';
import { assert } from '../util/assert.ts';
import type { Pace } from '../host/pace.ts';
import { bodyPacker, type BodyPart } from './body-parts.ts';
import { formatEntry } from './logged-entry.ts';

export type EventDraft = Extract<DraftFrame, { type: 'events' }>;

/** In the order of the entries. */
export interface PreparedDraft {
  /** Null where the bytes are not in the log. */
  readonly parts: readonly (BodyPart | null)[];
  readonly encodings: readonly Splice[];
}

/** Smaller ones are appended in some milliseconds as they are. */
const LARGE_ENTRIES = 500;
const LARGE_BYTES = 2 * 1024 * 1024;

export function isLarge({ entries }: EventDraft): boolean {
  if (entries.length > LARGE_ENTRIES) return true;
  return entries.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0) > LARGE_BYTES;
}

export async function prepareDraft({ entries }: EventDraft, pace: Pace): Promise<PreparedDraft> {
  const pack = bodyPacker();
  const parts: (BodyPart | null)[] = [];
  const encodings: Splice[] = [];
  for (const entry of entries) {
    const part = packEntry(entry, pack);
    parts.push(part);
    encodings.push(encodeAround((seq) => formatEntry(entry, seq, part)));
    await pace();
  }
  return { parts, encodings };
}

/**
 * Bytes that are all of a version must be those of its digest: a mistake here would be found when nothing can mend it. What was
 * appended to another version is proven by whoever has both.
 */
export function packEntry(entry: DraftEntry, pack: (bytes: Uint8Array) => BodyPart): BodyPart | null {
  if (!entry.bytes) return null;
  const part = pack(entry.bytes);
  const isWhole = entry.base === undefined;
  assert(!isWhole || part.digest === entry.digest, `the bytes of ${entry.path} do not have the digest of the version`);
  return part;
}

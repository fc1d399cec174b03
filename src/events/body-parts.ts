/** The bytes of versions as they lie in a frame's body: each part raw, or zstd where that pays. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { digestOf, knownDigestOf } from '../core/digest.ts';
import type { Digest } from '../core/digest.ts';

export type Encoding = 'raw' | 'zstd';

export interface BodyPart {
  readonly encoding: Encoding;
  /** As stored. */
  readonly bytes: Uint8Array;
  /** Of the bytes that the part stands for. */
  readonly digest: Digest;
}

/** Below a page nothing is saved on the way to the disk. */
const SMALLEST_COMPRESSED_BYTES = 4096;
/** A call costs about as much as compressing this many bytes. */
const CALL_COST_BYTES = 32 * 1024;
/** What one frame may spend on compressing, in bytes: some 5 ms of the event loop. */
const FRAME_BUDGET_BYTES = 1536 * 1024;
/** No part is longer, whatever its compressed form claims. */
const LARGEST_PART_BYTES = 64 * 1024 * 1024;
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Packs the versions of one frame; `pack` is called for each in turn, because they share the frame's time. */
export function bodyPacker(): (bytes: Uint8Array) => BodyPart {
  let budget = FRAME_BUDGET_BYTES;
  return (bytes) => {
    const digest = knownDigestOf(bytes);
    const cost = bytes.length + CALL_COST_BYTES;
    if (bytes.length < SMALLEST_COMPRESSED_BYTES || cost > budget) return { encoding: 'raw', bytes, digest };
    budget -= cost;
    const packed = zstdCompressSync(bytes, FASTEST);
    return packed.length < bytes.length * 0.9
      ? { encoding: 'zstd', bytes: packed, digest }
      : { encoding: 'raw', bytes, digest };
  };
}

/** The bytes of a stored part, or null when they are not those of the digest. */
export function unpackBody(stored: Uint8Array, encoding: Encoding, digest: Digest): Uint8Array | null {
  const bytes = encoding === 'raw' ? stored : decompress(stored);
  return bytes && digestOf(bytes) === digest ? bytes : null;
}

function decompress(stored: Uint8Array): Uint8Array | null {
  try {
    return zstdDecompressSync(stored, { maxOutputLength: LARGEST_PART_BYTES });
  } catch {
    return null;
  }
}

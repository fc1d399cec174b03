/**
 * A frame on disk, integers little-endian:
 *
 *     magic `LFR1` · head length u32 · body length u32 · group u64 · CRC-32C of these · head · body · chain, 32 bytes
 *
 * The chain is BLAKE3(chain of the frame before ‖ head); the head names the digest of each part of the body. A group is
 * what one sync made durable, and its number is that of its first frame: so a reader that finds a frame broken can tell
 * whether a later frame shared its sync or was written after it. Frames are counted over the whole log, from a number
 * taken from its first id, so that frames of another log that lie in a document do not fit.
 */
import { hash } from 'blake3-wasm';
import { crc32c } from './crc32c.ts';

export const FRAME_HEADER_BYTES = 24;
export const CHAIN_BYTES = 32;
/** Header, the smallest head, chain. */
export const SMALLEST_FRAME_BYTES = FRAME_HEADER_BYTES + 1 + CHAIN_BYTES;
export const LARGEST_HEAD_BYTES = 16 * 1024 * 1024;
export const FRAME_MAGIC = Buffer.from('LFR1', 'latin1');

const CHECKED_BYTES = 20;

export interface FrameHeader {
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly group: number;
}

export const frameBytes = (header: FrameHeader): number =>
  FRAME_HEADER_BYTES + header.headBytes + header.bodyBytes + CHAIN_BYTES;

export function formatFrameHeader(header: FrameHeader): Uint8Array {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  FRAME_MAGIC.copy(bytes);
  bytes.writeUInt32LE(header.headBytes, 4);
  bytes.writeUInt32LE(header.bodyBytes, 8);
  bytes.writeBigUInt64LE(BigInt(header.group), 12);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/** The header at the start of `bytes`, or null when that is none. */
export function parseFrameHeader(bytes: Uint8Array): FrameHeader | null {
  if (bytes.length < FRAME_HEADER_BYTES) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.compare(FRAME_MAGIC, 0, FRAME_MAGIC.length, 0, FRAME_MAGIC.length) !== 0) return null;
  if (view.readUInt32LE(CHECKED_BYTES) !== crc32c(view.subarray(0, CHECKED_BYTES))) return null;
  const header = {
    headBytes: view.readUInt32LE(4),
    bodyBytes: view.readUInt32LE(8),
    group: Number(view.readBigUInt64LE(12)),
  };
  return header.headBytes > LARGEST_HEAD_BYTES ? null : header;
}

/** One call over the joined bytes: the incremental hasher costs four times as much for a small head. */
export const chainAfter = (previous: Uint8Array, head: Uint8Array): Uint8Array =>
  hash(Buffer.concat([previous, head])) as Buffer;

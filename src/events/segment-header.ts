/**
 * A segment file begins with magic `LARDERL1`, log id (16 bytes), first seq (u64, little-endian) and the chain digest of
 * the frame before it. It appears under its name whole and synced, with its first frame, so a broken header is damage, never
 * an unfinished start. The chain digest also says where the segment before it ends: what follows there was given up.
 */
import { hash } from 'blake3-wasm';
import type { Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { damaged } from './damage.ts';

export const SEGMENT_HEADER_BYTES = 64;

const MAGIC = 'LARDERL1';
const FAMILY = 'LARDERL';
const NAME = /^(\d{16})\.log$/;

export interface SegmentHeader {
  /** 32 hex digits. */
  readonly logId: string;
  readonly first: Seq;
  readonly chain: Uint8Array;
}

export const segmentName = (first: Seq): string => `${String(first).padStart(16, '0')}.log`;

/** The first seq that a file name stands for, or null for a name that is not a segment's. */
export function parseSegmentName(name: string): Seq | null {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Where the chain of a log begins, so that even the id of its first segment is covered by it. */
export const firstChain = (logId: string): Uint8Array => hash(Buffer.from(logId, 'hex')) as Buffer;

/** Number of the frame before the first one of a log. */
export const firstCount = (logId: string): number => Number.parseInt(logId.slice(0, 12), 16);

export function formatSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.write(header.logId, 8, 'hex');
  bytes.writeBigUInt64LE(BigInt(header.first), 24);
  bytes.set(header.chain, 32);
  return bytes;
}

/** Throws LarderError `log_damaged`, and `log_newer` for what a newer Larder wrote. */
export function parseSegmentHeader(bytes: Uint8Array, path: string, first: Seq): SegmentHeader {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.toString('latin1', 0, MAGIC.length);
  if (magic !== MAGIC && magic.startsWith(FAMILY)) throw fromTheFuture(path, magic);
  if (view.length < SEGMENT_HEADER_BYTES || magic !== MAGIC)
    throw damaged(path, 0, 'it does not begin as a segment does');
  if (view.readBigUInt64LE(24) !== BigInt(first))
    throw damaged(path, 24, 'its first seq is not the one that its name says');
  return { logId: view.toString('hex', 8, 24), first, chain: Uint8Array.from(view.subarray(32, SEGMENT_HEADER_BYTES)) };
}

const fromTheFuture = (path: string, magic: string): LarderError =>
  new LarderError('log_newer', `${path} has the format ${JSON.stringify(magic)}, which this version does not know`, {
    members: { format: magic },
  });

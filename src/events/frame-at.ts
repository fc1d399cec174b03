/** One frame, read where the one before it ended, and held against the chain. */
import { CHAIN_BYTES, FRAME_HEADER_BYTES, chainAfter, frameBytes, parseFrameHeader } from './frame.ts';
import type { FrameHeader } from './frame.ts';
import type { SegmentWindow } from './segment-window.ts';

export interface FoundFrame {
  readonly kind: 'frame';
  readonly offset: number;
  readonly end: number;
  readonly group: number;
  readonly head: Uint8Array;
  readonly bodyOffset: number;
  readonly bodyBytes: number;
  readonly chain: Uint8Array;
}

export type FrameAt =
  | FoundFrame
  /** Nothing was ever written from here on: the end of the file, or zeros written ahead. */
  | { readonly kind: 'end' }
  /** `header` is there when it is whole, and with it the extent of what is broken. */
  | { readonly kind: 'broken'; readonly offset: number; readonly reason: string; readonly header: FrameHeader | null };

/** `limit` is where the file, or what is synced of it, ends; `chain` the digest of the frame before. */
export function frameAt(window: SegmentWindow, offset: number, limit: number, chain: Uint8Array): FrameAt {
  const room = Math.min(FRAME_HEADER_BYTES, limit - offset);
  const start = window(offset, room);
  const header = parseFrameHeader(start);
  if (!header) return isZero(start) ? { kind: 'end' } : broken(offset, 'no frame begins here', null);
  const end = offset + frameBytes(header);
  if (end > limit) return broken(offset, 'the frame is longer than the file', header);
  const head = Buffer.from(window(offset + FRAME_HEADER_BYTES, header.headBytes));
  const stored = Buffer.from(window(end - CHAIN_BYTES, CHAIN_BYTES));
  if (Buffer.compare(stored, chainAfter(chain, head)) !== 0)
    return broken(offset, 'the frame does not fit the chain', header);
  const bodyOffset = offset + FRAME_HEADER_BYTES + header.headBytes;
  return {
    kind: 'frame',
    offset,
    end,
    group: header.group,
    head,
    bodyOffset,
    bodyBytes: header.bodyBytes,
    chain: stored,
  };
}

const broken = (offset: number, reason: string, header: FrameHeader | null): FrameAt => ({
  kind: 'broken',
  offset,
  reason,
  header,
});

/** Whether nothing but zeros lies between two offsets; an unsynced page that was lost reads as zeros too. */
export function isZeroBetween(window: SegmentWindow, from: number, to: number): boolean {
  for (let offset = from; offset < to; offset += ZERO_BLOCK_BYTES)
    if (!isZero(window(offset, Math.min(ZERO_BLOCK_BYTES, to - offset)))) return false;
  return true;
}

const ZERO_BLOCK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(ZERO_BLOCK_BYTES);

const isZero = (bytes: Uint8Array): boolean => Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;

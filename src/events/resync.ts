/** Finding frames behind a broken place: at the next magic with a valid check. */
import { FRAME_HEADER_BYTES, FRAME_MAGIC, SMALLEST_FRAME_BYTES, frameBytes, parseFrameHeader } from './frame.ts';
import type { FrameHeader } from './frame.ts';
import { peekMark } from './frame-head.ts';
import type { SegmentWindow } from './segment-window.ts';

const SCAN_BYTES = 64 * 1024;

export interface LooseHeader {
  readonly offset: number;
  readonly header: FrameHeader;
}

/** Headers of frames that would fit before the limit. A document may hold a log; so these are candidates, no more. */
export function* headersFrom(
  window: SegmentWindow,
  from: number,
  limit: number,
): Generator<LooseHeader, void, undefined> {
  let offset = from;
  while (offset + FRAME_HEADER_BYTES <= limit) {
    const block = window(offset, Math.min(SCAN_BYTES, limit - offset));
    const at = Buffer.from(block.buffer, block.byteOffset, block.length).indexOf(FRAME_MAGIC);
    if (at === -1) {
      offset += Math.max(1, block.length - FRAME_MAGIC.length + 1);
      continue;
    }
    offset += at;
    const header = parseFrameHeader(window(offset, Math.min(FRAME_HEADER_BYTES, limit - offset)));
    if (header && offset + frameBytes(header) <= limit) yield { offset, header };
    offset += 1;
  }
}

/** A broken place in the last segment. */
export interface Damage {
  readonly offset: number;
  readonly reason: string;
  /** Number of the frame that should be there, counted over the whole log. */
  readonly ordinal: number;
  /** Where frames behind it can begin. */
  readonly scanFrom: number;
}

export interface Evidence {
  /** A frame follows that was written only after the broken place had been synced. */
  readonly laterGroup: boolean;
  /** Such a frame follows a checkpoint or clean stop, which are synced under `durability: os` too. */
  readonly laterThanSettled: boolean;
}

/** What the bytes behind a broken place say about it: a group that begins after it was written after it was synced. */
export function evidenceBehind(window: SegmentWindow, damage: Damage, limit: number): Evidence {
  let laterGroup = false;
  let settledGroup = Infinity;
  for (const { offset, header } of headersFrom(window, damage.scanFrom, limit)) {
    if (!isPlausible(damage, offset, header)) continue;
    laterGroup = true;
    if (header.group > settledGroup) return { laterGroup, laterThanSettled: true };
    const { kind } = peekMark(window(offset + FRAME_HEADER_BYTES, header.headBytes));
    if (kind === 'checkpoint' || kind === 'clean') settledGroup = Math.min(settledGroup, header.group);
  }
  return { laterGroup, laterThanSettled: false };
}

/** Frames of another log that lie in a document's bytes have numbers that do not fit between here and there. */
function isPlausible(damage: Damage, offset: number, header: FrameHeader): boolean {
  const mostFrames = Math.ceil((offset - damage.offset) / SMALLEST_FRAME_BYTES);
  return header.group > damage.ordinal && header.group <= damage.ordinal + mostFrames;
}

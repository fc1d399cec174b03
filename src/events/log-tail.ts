/** Where the last segment ends: after an orderly stop that is read off its last frame, otherwise the segment is walked. */
import type { FileSystem } from '../host/ports.ts';
import { CHAIN_BYTES, FRAME_HEADER_BYTES, FRAME_MAGIC, chainAfter, frameBytes, parseFrameHeader } from './frame.ts';
import { checkpointOf, parseHead } from './frame-head.ts';
import type { LogTail } from './position.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import type { SegmentHeader } from './segment-header.ts';
import { segmentWindow } from './segment-window.ts';
import type { SegmentWindow } from './segment-window.ts';
import { walkTail } from './tail-walk.ts';
import type { Durability } from './types.ts';

/** `written` says how the tail was synced by the process that wrote it. */
export function readTail(fs: FileSystem, fd: number, header: SegmentHeader, written: Durability): LogTail {
  const fileBytes = fs.fstat(fd).size;
  const window = segmentWindow(fs, fd, () => fileBytes);
  return cleanTail(window, fileBytes) ?? walkTail(window, fileBytes, header, written);
}

const LARGEST_CLEAN_FRAME_BYTES = 512;

/**
 * Each frame is followed by its chain digest, so one frame can be held against the 32 bytes before it. Nothing in a
 * document can pose as the last frame, because the last 32 bytes of the file are the log's own.
 */
function cleanTail(window: SegmentWindow, fileBytes: number): LogTail | null {
  const start = Math.max(SEGMENT_HEADER_BYTES, fileBytes - LARGEST_CLEAN_FRAME_BYTES);
  if (start >= fileBytes) return null;
  const bytes = Buffer.from(window(start, fileBytes - start));
  const at = bytes.lastIndexOf(FRAME_MAGIC);
  if (at < CHAIN_BYTES) return null;
  const header = parseFrameHeader(bytes.subarray(at));
  if (!header || at + frameBytes(header) !== bytes.length || header.bodyBytes > 0) return null;
  const head = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + header.headBytes);
  const chain = bytes.subarray(-CHAIN_BYTES);
  if (Buffer.compare(chain, chainAfter(bytes.subarray(at - CHAIN_BYTES, at), head)) !== 0) return null;
  const raw = parseHead(head);
  if (raw?.[0] !== 'clean') return null;
  const end = {
    offset: fileBytes,
    chain,
    frames: header.group,
    lastSeq: Number(raw[2]),
    checkpoint: checkpointOf(raw) ?? 0,
  };
  return { end, isClean: true, fileBytes, unprovenFrom: fileBytes, damage: null, learned: null };
}

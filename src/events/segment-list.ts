/** The segments of a log in their order, by name alone: which one holds a seq, and how far each reaches. */
import { join } from 'node:path/posix';
import type { Seq } from '../core/events.ts';
import { readFully } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { SEGMENT_HEADER_BYTES, parseSegmentHeader, parseSegmentName, segmentName } from './segment-header.ts';
import type { SegmentHeader } from './segment-header.ts';

export interface Segment {
  readonly first: Seq;
  readonly path: string;
  /** Bytes that belong to the log; for a segment that was only found, all of the file. */
  readonly bytes: number;
  /** Whether `bytes` is where the frames end. Otherwise the chain digest in the next segment's header says where. */
  readonly isExact: boolean;
}

export function listSegments(fs: FileSystem, directory: string): readonly Segment[] {
  if (!fs.lstat(directory)) return [];
  const firsts = fs.readDirectory(directory).map((entry) => parseSegmentName(entry.name ?? ''));
  return firsts
    .filter((first) => first !== null)
    .toSorted((a, b) => a - b)
    .map((first) => foundSegment(fs, join(directory, segmentName(first)), first));
}

const foundSegment = (fs: FileSystem, path: string, first: Seq): Segment => ({
  first,
  path,
  bytes: fs.lstat(path)?.size ?? 0,
  isExact: false,
});

/** Index of the segment that holds a seq: the last that begins at or before it; the first where none does. */
export function segmentIndex(segments: readonly Segment[], seq: Seq): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((segments[middle]?.first ?? 0) <= seq) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Throws LarderError `log_damaged`. */
export const readHeader = (fs: FileSystem, fd: number, segment: Segment): SegmentHeader =>
  parseSegmentHeader(readFully(fs, fd, 0, SEGMENT_HEADER_BYTES), segment.path, segment.first);

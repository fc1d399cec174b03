/**
 * Reading a log that cannot be opened, for verify and rescue: every frame that can still be read, and the gaps between.
 * Behind a broken place it goes on at the next magic with a valid check whose head can be understood.
 */
import type { Digest } from '../core/digest.ts';
import type { EventFrame, LoggedFrame, Seq } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import type { FileSystem } from '../host/ports.ts';
import { unpackBody } from './body-parts.ts';
import { CHAIN_BYTES, FRAME_HEADER_BYTES, frameBytes } from './frame.ts';
import { frameAt, isZeroBetween } from './frame-at.ts';
import type { FoundFrame } from './frame-at.ts';
import { bodyAreaOf, frameFrom, parseHead } from './frame-head.ts';
import { headersFrom } from './resync.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { listSegments, readHeader } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import { segmentWindow } from './segment-window.ts';
import type { SegmentWindow } from './segment-window.ts';

export interface ReadableFrame {
  readonly kind: 'frame';
  readonly path: string;
  readonly offset: number;
  readonly frame: LoggedFrame;
  /**
   * `chained`: it follows the frame before it. `loose`: what precedes it is broken. `given-up`: it lies behind the place from
   * which the next segment goes on; it was refused, or cut off when the log was opened.
   */
  readonly standing: 'chained' | 'loose' | 'given-up';
  /** Digest of the chain behind it. */
  readonly chain: Uint8Array;
}

/** The stored bytes of one version, of the frame told before, held against their digest. */
export interface CheckedBody {
  readonly kind: 'body';
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly seq: Seq;
  /** Below the root. */
  readonly of: string;
  readonly isWhole: boolean;
}

/** The bodies of a frame before they are held against their digests: by somebody else. */
interface StoredBodies {
  readonly kind: 'stored';
  readonly bodies: readonly StoredBody[];
}

export interface StoredBody {
  /** The segment's file. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly digest: Digest;
  readonly seq: Seq;
  readonly of: string;
}

export interface Gap {
  readonly kind: 'gap';
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

type Item = ReadableFrame | CheckedBody | StoredBodies | Gap;

/** What is told of the bodies. `stored`: compressed ones are checked all the same. */
type Bodies = 'none' | 'checked' | 'stored';

/** `segments`: which, and how far; all that lie there unless said. Bodies are read with a BodyReader where frames say. */
export function* readDamaged(
  fs: FileSystem,
  directory: string,
  segments: readonly Segment[] = listSegments(fs, directory),
): Generator<ReadableFrame | Gap, void, undefined> {
  for (const item of readSegments(fs, segments, 'none')) if (item.kind === 'frame' || item.kind === 'gap') yield item;
}

/** The same, with each body behind its frame, held against its digest. */
export const checkDamaged = (fs: FileSystem, segments: readonly Segment[]): Generator<Item, void, undefined> =>
  readSegments(fs, segments, 'checked');

/** The same, with the bodies that are stored as they are left to be checked. */
export const readStored = (fs: FileSystem, segments: readonly Segment[]): Generator<Item, void, undefined> =>
  readSegments(fs, segments, 'stored');

function* readSegments(fs: FileSystem, segments: readonly Segment[], bodies: Bodies): Generator<Item> {
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    yield* readSegment(fs, segment, next ? chainBefore(fs, next) : null, bodies);
  }
}

function* readSegment(fs: FileSystem, segment: Segment, endChain: Uint8Array | null, bodies: Bodies): Generator<Item> {
  const fd = fs.open(segment.path, 'read');
  try {
    const window = segmentWindow(fs, fd, () => segment.bytes);
    const start = startChain(fs, fd, segment);
    if (!(start instanceof Uint8Array))
      yield gap(segment, 0, Math.min(SEGMENT_HEADER_BYTES, segment.bytes), start.reason);
    yield* readFrames({ window, segment, bodies }, start instanceof Uint8Array ? start : null, endChain);
  } finally {
    fs.close(fd);
  }
}

/** What one segment is read with. */
interface Source {
  readonly window: SegmentWindow;
  readonly segment: Segment;
  readonly bodies: Bodies;
}

type Lost = { readonly reason: string };

function startChain(fs: FileSystem, fd: number, segment: Segment): Uint8Array | Lost {
  try {
    return readHeader(fs, fd, segment).chain;
  } catch (error) {
    if (error instanceof LarderError) return { reason: error.message };
    throw error;
  }
}

function chainBefore(fs: FileSystem, segment: Segment): Uint8Array | null {
  const fd = fs.open(segment.path, 'read');
  try {
    const chain = startChain(fs, fd, segment);
    return chain instanceof Uint8Array ? chain : null;
  } finally {
    fs.close(fd);
  }
}

function* readFrames(source: Source, start: Uint8Array | null, endChain: Uint8Array | null): Generator<Item> {
  const { window, segment } = source;
  let offset = SEGMENT_HEADER_BYTES;
  let chain = start;
  let isGivenUp = false;
  while (offset < segment.bytes) {
    isGivenUp ||= chain !== null && endChain !== null && Buffer.compare(chain, endChain) === 0;
    const found = frameAt(
      window,
      offset,
      segment.bytes,
      chain ?? Buffer.from(window(offset - CHAIN_BYTES, CHAIN_BYTES)),
    );
    if (found.kind === 'frame') {
      yield* readable(source, found, isGivenUp ? 'given-up' : chain ? 'chained' : 'loose');
      [offset, chain] = [found.end, found.chain];
      continue;
    }
    if (found.kind === 'end' && isZeroBetween(window, offset, segment.bytes)) return;
    const resumed = resume(
      window,
      segment,
      offset,
      found.kind === 'broken' && found.header ? offset + frameBytes(found.header) : offset + 1,
    );
    // Behind the place from which the next segment goes on nothing belongs to the log: what is torn there is no loss.
    if (!isGivenUp)
      yield gap(segment, offset, resumed?.offset ?? segment.bytes, found.kind === 'broken' ? found.reason : 'zeros');
    if (!resumed) return;
    yield* readable(source, resumed, isGivenUp ? 'given-up' : 'loose');
    [offset, chain] = [resumed.end, resumed.chain];
  }
}

/** The next frame behind a broken place. Its own chain digest cannot be checked when what precedes it is broken. */
function resume(window: SegmentWindow, segment: Segment, broken: number, extent: number): FoundFrame | null {
  const from = extent < segment.bytes ? extent : broken + 1;
  for (const { offset, header } of headersFrom(window, from, segment.bytes)) {
    const head = Buffer.from(window(offset + FRAME_HEADER_BYTES, header.headBytes));
    if (!parseHead(head)) continue;
    const end = offset + frameBytes(header);
    const chain = Buffer.from(window(end - CHAIN_BYTES, CHAIN_BYTES));
    const bodyOffset = offset + FRAME_HEADER_BYTES + header.headBytes;
    return { kind: 'frame', offset, end, group: header.group, head, bodyOffset, bodyBytes: header.bodyBytes, chain };
  }
  return null;
}

function* readable(source: Source, found: FoundFrame, standing: ReadableFrame['standing']): Generator<Item> {
  const { window, segment, bodies } = source;
  const { offset, end, bodyOffset, bodyBytes, chain } = found;
  const raw = parseHead(found.head);
  if (!raw) return yield gap(segment, offset, end, 'the head of the frame cannot be understood');
  const area = bodyAreaOf(window, raw, { segment: segment.first, offset: bodyOffset, length: bodyBytes });
  const frame = frameFrom(raw, area);
  yield { kind: 'frame', path: segment.path, offset, frame, standing, chain };
  if (bodies !== 'none' && frame.type === 'events') yield* bodiesIn(source, frame.entries);
}

function* bodiesIn(
  { window, segment, bodies }: Source,
  entries: EventFrame['entries'],
): Generator<CheckedBody | StoredBodies> {
  const left: StoredBody[] = [];
  for (const { seq, path, digest: whole, body } of entries) {
    if (!('segment' in body)) continue;
    const { offset, length, encoding } = body;
    const digest = body.in === 'tail' ? body.part : (whole ?? ('' as Digest));
    if (bodies === 'stored' && encoding === 'raw' && offset + length <= segment.bytes) {
      left.push({ path: segment.path, offset, length, digest, seq, of: path });
      continue;
    }
    const bytes = window(offset, length);
    const isWhole = bytes.length === length && unpackBody(bytes, encoding, digest) !== null;
    yield { kind: 'body', path: segment.path, offset, length, seq, of: path, isWhole };
  }
  if (left.length > 0) yield { kind: 'stored', bodies: left };
}

const gap = ({ path }: Segment, from: number, to: number, reason: string): Gap => ({
  kind: 'gap',
  path,
  from,
  to,
  reason,
});

/**
 * The last segment, walked from its beginning, heads only; the bodies of what no later frame proves to be synced are read too.
 */
import type { Seq } from '../core/events.ts';
import { unpackBody } from './body-parts.ts';
import { frameBytes } from './frame.ts';
import { frameAt, isZeroBetween } from './frame-at.ts';
import type { FoundFrame, FrameAt } from './frame-at.ts';
import { abortedBy, checkpointOf, parseHead, partsOf, peekMark } from './frame-head.ts';
import { MARK_EVERY_BYTES } from './position.ts';
import type { LogTail, Position } from './position.ts';
import { evidenceBehind } from './resync.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import type { SegmentHeader } from './segment-header.ts';
import type { SegmentWindow } from './segment-window.ts';
import type { Durability } from './types.ts';

interface Walk {
  position: Position;
  isClean: boolean;
  group: number;
  /** Whether all up to this group is known to be synced once a later one begins. */
  groupSettles: boolean;
  unproven: Unproven[];
  readonly marks: Position[];
  readonly aborts: { readonly offset: number; readonly seqs: readonly Seq[] }[];
}

interface Unproven {
  readonly frame: FoundFrame;
  readonly before: Position;
}

/** `written` says how the tail was synced by the process that wrote it. */
export function walkTail(
  window: SegmentWindow,
  fileBytes: number,
  header: SegmentHeader,
  written: Durability,
): LogTail {
  const walk = startWalk(header);
  let found = frameAt(window, SEGMENT_HEADER_BYTES, fileBytes, header.chain);
  for (; found.kind === 'frame'; found = frameAt(window, walk.position.offset, fileBytes, walk.position.chain)) {
    take(walk, found, written);
  }
  const torn = walk.unproven.find(({ frame }) => !hasWholeBody(window, frame));
  const stop = torn ? tornBody(torn.frame) : hiddenDamage(window, found, walk.position, fileBytes);
  const end = torn ? torn.before : walk.position;
  const damage = stop.kind === 'broken' ? judgeable(window, fileBytes, end, stop) : null;
  const unprovenFrom = walk.unproven[0]?.before.offset ?? end.offset;
  return { end, isClean: walk.isClean && !damage, fileBytes, unprovenFrom, damage, learned: learnedUpTo(walk, end) };
}

const learnedUpTo = ({ marks, aborts }: Walk, end: Position): LogTail['learned'] => ({
  marks: marks.filter(({ offset }) => offset < end.offset),
  aborted: aborts.filter(({ offset }) => offset < end.offset).flatMap(({ seqs }) => seqs),
});

const startWalk = ({ chain }: SegmentHeader): Walk => ({
  position: { offset: SEGMENT_HEADER_BYTES, chain, frames: 0, lastSeq: 0, checkpoint: 0 },
  isClean: false,
  group: 0,
  groupSettles: false,
  unproven: [],
  marks: [],
  aborts: [],
});

function take(walk: Walk, frame: FoundFrame, written: Durability): void {
  const { kind } = peekMark(frame.head);
  if (frame.group !== walk.group) beginGroup(walk, frame.group, written);
  walk.groupSettles ||= kind === 'checkpoint' || kind === 'clean';
  walk.unproven.push({ frame, before: walk.position });
  walk.isClean = kind === 'clean';
  if (kind === 'abort') walk.aborts.push({ offset: frame.offset, seqs: abortedBy(parseHead(frame.head)) });
  if (frame.offset - (walk.marks.at(-1)?.offset ?? 0) >= MARK_EVERY_BYTES) walk.marks.push(walk.position);
  walk.position = positionAfter(walk.position, frame);
}

/** A group is written only after the one before it was synced; under `os` that holds for checkpoints and clean stops alone. */
function beginGroup(walk: Walk, group: number, written: Durability): void {
  if (walk.groupSettles) walk.unproven = [];
  walk.groupSettles = written === 'sync';
  walk.group = group;
}

function positionAfter(before: Position, frame: FoundFrame): Position {
  const { kind, last } = peekMark(frame.head);
  const raw = kind === 'checkpoint' || kind === 'clean' ? parseHead(frame.head) : null;
  return {
    offset: frame.end,
    chain: frame.chain,
    frames: before.frames === 0 ? frame.group : before.frames + 1,
    lastSeq: last,
    checkpoint: (raw && checkpointOf(raw)) ?? before.checkpoint,
  };
}

function hasWholeBody(window: SegmentWindow, frame: FoundFrame): boolean {
  const raw = parseHead(frame.head);
  if (!raw) return false;
  let offset = frame.bodyOffset;
  for (const { encoding, length, digest } of partsOf(raw)) {
    if (!unpackBody(window(offset, length), encoding, digest)) return false;
    offset += length;
  }
  return offset === frame.bodyOffset + frame.bodyBytes;
}

type Broken = Extract<FrameAt, { kind: 'broken' }>;

const tornBody = (frame: FoundFrame): Broken => ({
  kind: 'broken',
  offset: frame.offset,
  reason: 'a body does not match its digest',
  header: { group: frame.group, headBytes: frame.head.length, bodyBytes: frame.bodyBytes },
});

/** Zeros where a frame should begin are the end only when nothing else follows. */
function hiddenDamage(window: SegmentWindow, found: FrameAt, position: Position, fileBytes: number): FrameAt {
  if (found.kind !== 'end' || isZeroBetween(window, position.offset, fileBytes)) return found;
  return { kind: 'broken', offset: position.offset, reason: 'zeros lie where a frame should begin', header: null };
}

function judgeable(window: SegmentWindow, fileBytes: number, end: Position, broken: Broken): LogTail['damage'] {
  const { offset, reason, header } = broken;
  const extent = header ? offset + frameBytes(header) : offset + 1;
  const damage = { offset, reason, ordinal: end.frames + 1, scanFrom: extent <= fileBytes ? extent : offset + 1 };
  return { ...damage, ...evidenceBehind(window, damage, fileBytes) };
}

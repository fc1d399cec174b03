/**
 * What is to be written next, decided when a frame is appended: its seqs, its place, whether it begins a new segment. Only
 * the group is left to the moment of writing. A failure makes all plans after it void, which is why it refuses all
 * frames that wait.
 */
import { join } from 'node:path/posix';
import type { DraftFrame, LoggedFrame, Seq } from '../core/events.ts';
import { bodyPacker } from './body-parts.ts';
import { CHAIN_BYTES, FRAME_HEADER_BYTES, LARGEST_HEAD_BYTES, chainAfter, formatFrameHeader } from './frame.ts';
import { composedFrame, formatHead, kindOf } from './frame-head.ts';
import type { Composition, FrameKind } from './frame-head.ts';
import type { Position } from './position.ts';
import { packEntry } from './prepared-draft.ts';
import type { PreparedDraft } from './prepared-draft.ts';
import { SEGMENT_HEADER_BYTES, formatSegmentHeader, segmentName } from './segment-header.ts';

/** Where the next frame goes. */
export interface Plan {
  /** First seq of the segment that is open; null when the next frame has to begin a new one. */
  readonly segment: Seq | null;
  readonly bornMs: number;
  readonly position: Position;
  readonly nextSeq: Seq;
}

export interface PlanLimits {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
}

export interface PlannedSegment {
  readonly first: Seq;
  readonly path: string;
  /** Header and first frame, which repeats the checkpoint: so no opening has to look further back than one segment. */
  readonly image: Uint8Array;
  readonly start: Position;
  readonly bornMs: number;
}

export interface PlannedFrame {
  readonly frame: LoggedFrame;
  readonly kind: FrameKind;
  readonly before: Position;
  readonly after: Position;
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** Head, bodies, chain: what follows the header. */
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** Seqs taken back that lie in an earlier segment. */
  readonly abortedElsewhere: readonly Seq[];
}

export interface Planned {
  readonly segment: PlannedSegment | null;
  readonly frame: PlannedFrame;
  readonly next: Plan;
}

interface Situation {
  readonly nowMs: number;
  readonly logId: string;
}

export function planFrame(
  plan: Plan,
  draft: DraftFrame,
  limits: PlanLimits,
  { prepared, ...situation }: Situation & { readonly prepared?: PreparedDraft | undefined },
): Planned {
  const composition = compose(plan, draft, prepared);
  const head = formatHead(composition);
  if (head.length > LARGEST_HEAD_BYTES) throw new RangeError('a frame with so many entries has no place in the log');
  const stored = composition.parts.filter((part) => part !== null).map((part) => part.bytes);
  const bytes = FRAME_HEADER_BYTES + head.length + lengthOf(stored) + CHAIN_BYTES;
  const segment = needsSegment(plan, bytes, limits, situation.nowMs) ? planSegment(plan, limits, situation) : null;
  const within = segment ? { ...plan, segment: segment.first, bornMs: situation.nowMs, position: segment.start } : plan;
  const frame = placeFrame(within, composition, head, stored);
  return { segment, frame, next: { ...within, position: frame.after, nextSeq: nextSeqAfter(plan, draft) } };
}

/** A new segment that the plan calls for, without a frame that would go into it yet. */
export function planSegment(plan: Plan, { directory }: PlanLimits, { nowMs, logId }: Situation): PlannedSegment {
  const { position, nextSeq } = plan;
  const header = formatSegmentHeader({ logId, first: nextSeq, chain: position.chain });
  const draft: DraftFrame = { type: 'checkpoint', upTo: position.checkpoint };
  const composition = {
    draft,
    first: position.lastSeq,
    last: position.lastSeq,
    checkpoint: position.checkpoint,
    parts: [],
  };
  const before = { ...position, offset: SEGMENT_HEADER_BYTES };
  const opening = placeFrame({ ...plan, segment: nextSeq, position: before }, composition, formatHead(composition), []);
  const image = Buffer.concat([header, ...frameOnDisk(opening, opening.after.frames)]);
  return { first: nextSeq, path: join(directory, segmentName(nextSeq)), image, start: opening.after, bornMs: nowMs };
}

/** The frame's bytes. A group has the number of its first frame. */
export const frameOnDisk = (frame: PlannedFrame, group: number): readonly Uint8Array[] => [
  formatFrameHeader({ headBytes: frame.headBytes, bodyBytes: frame.bodyBytes, group }),
  ...frame.pieces,
];

function compose({ nextSeq, position }: Plan, draft: DraftFrame, prepared?: PreparedDraft): Composition {
  const { checkpoint, lastSeq } = position;
  if (draft.type !== 'events') return { draft, first: lastSeq, last: lastSeq, checkpoint, parts: [] };
  if (draft.entries.length === 0) throw new RangeError('a change set without a change has no place in the log');
  const pack = bodyPacker();
  const parts = prepared?.parts ?? draft.entries.map((entry) => packEntry(entry, pack));
  const last = nextSeq + draft.entries.length - 1;
  return { draft, first: nextSeq, last, checkpoint, parts, encodings: prepared?.encodings };
}

const nextSeqAfter = (plan: Plan, draft: DraftFrame): Seq =>
  plan.nextSeq + (draft.type === 'events' ? draft.entries.length : 0);

/** A segment without events has no successor yet: the two would have the same name. */
function needsSegment(plan: Plan, bytes: number, limits: PlanLimits, nowMs: number): boolean {
  if (plan.segment === null) return true;
  const isFull = plan.position.offset + bytes > limits.segmentBytes || nowMs - plan.bornMs > limits.segmentAgeMs;
  return isFull && plan.nextSeq > plan.segment;
}

function placeFrame(
  plan: Plan,
  composition: Composition,
  head: Uint8Array,
  stored: readonly Uint8Array[],
): PlannedFrame {
  const { draft } = composition;
  const before = plan.position;
  const segment = plan.segment ?? plan.nextSeq;
  const bodyBytes = lengthOf(stored);
  const bytes = FRAME_HEADER_BYTES + head.length + bodyBytes + CHAIN_BYTES;
  const chain = chainAfter(before.chain, head);
  const area = { segment, offset: before.offset + FRAME_HEADER_BYTES + head.length, length: bodyBytes };
  const after = {
    offset: before.offset + bytes,
    chain,
    frames: before.frames + 1,
    lastSeq: composition.last,
    checkpoint: draft.type === 'checkpoint' ? draft.upTo : before.checkpoint,
  };
  return {
    frame: composedFrame(composition, area),
    kind: kindOf(draft),
    before,
    after,
    headBytes: head.length,
    bodyBytes,
    pieces: [head, ...stored, chain],
    bytes,
    abortedElsewhere: draft.type === 'abort' ? draft.seqs.filter((seq) => seq < segment) : [],
  };
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, bytes) => sum + bytes.length, 0);

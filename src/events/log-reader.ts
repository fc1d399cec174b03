/** Reading: from any seq on, heads only, and never a byte that is not synced. */
import type { EventFrame, LoggedFrame, Seq } from '../core/events.ts';
import { withOpen } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { AbortedSeqs } from './aborted-seqs.ts';
import { damaged } from './damage.ts';
import { abortedBy, bodyAreaOf, frameFrom, parseHead, peekMark } from './frame-head.ts';
import type { FoundFrame } from './frame-at.ts';
import type { PlannedFrame, PlannedSegment } from './log-plan.ts';
import { MARK_EVERY_BYTES } from './position.ts';
import type { Learned, Position } from './position.ts';
import { framesIn, headsIn } from './segment-frames.ts';
import type { Stretch } from './segment-frames.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { readHeader, segmentIndex } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import { segmentWindow } from './segment-window.ts';
import type { SegmentWindow } from './segment-window.ts';

/** Holds kind and seqs of any head. */
const PEEK_BYTES = 64;

export interface ReaderStart {
  readonly segments: readonly Segment[];
  readonly lastSeq: Seq;
  readonly abortedElsewhere: readonly Seq[];
  /** Of the last segment. */
  readonly learned: Learned | null;
}

export class LogReader {
  readonly #fs: FileSystem;
  readonly #segments: Segment[];
  readonly #aborted: AbortedSeqs;
  #lastSeq: Seq;
  /** Places in the segment that grows, from which a read may start. */
  #marks: Position[];
  #latest: Position | null = null;

  constructor(fs: FileSystem, start: ReaderStart) {
    this.#fs = fs;
    this.#segments = [...start.segments];
    this.#aborted = new AbortedSeqs(start.abortedElsewhere);
    this.#lastSeq = start.lastSeq;
    this.#marks = [...(start.learned?.marks ?? [])];
    const last = start.segments.at(-1);
    if (last && start.learned) this.#aborted.know(last.first, () => start.learned?.aborted ?? []);
  }

  /** As far as they are synced, the one that grows last. */
  get segments(): readonly Segment[] {
    return [...this.#segments];
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** A new segment is durable; the one before it is complete. */
  noteSegment({ first, path, start }: PlannedSegment): void {
    this.#segments.push({ first, path, bytes: start.offset, isExact: true });
    this.#aborted.know(first, () => []);
    this.#marks = [];
    this.#latest = null;
  }

  /** A sealed segment was replaced by one with fewer bodies. */
  noteReplaced(first: Seq, bytes: number): void {
    const index = this.#segments.findIndex((segment) => segment.first === first);
    const segment = this.#segments[index];
    if (segment) this.#segments[index] = { ...segment, bytes, isExact: true };
  }

  /** All events of one segment, aborted ones left out. */
  *readSegment(first: Seq): Generator<EventFrame, void, undefined> {
    const index = this.#segments.findIndex((segment) => segment.first === first);
    if (index >= 0) yield* this.#readSegment(index, null, 0);
  }

  noteSynced(frames: readonly PlannedFrame[]): void {
    const segment = this.#segments.at(-1);
    const [begin, end] = [frames[0]?.before, frames.at(-1)?.after];
    if (!segment || !begin || !end) return;
    this.#segments[this.#segments.length - 1] = { ...segment, bytes: end.offset };
    this.#lastSeq = end.lastSeq;
    this.#latest = begin;
    if (begin.offset - (this.#marks.at(-1)?.offset ?? 0) >= MARK_EVERY_BYTES) this.#marks.push(begin);
    for (const { frame, abortedElsewhere } of frames)
      if (frame.type === 'abort') this.#aborted.note(segment.first, frame.seqs, abortedElsewhere);
  }

  *read(after: Seq): Generator<EventFrame, void, undefined> {
    if (after >= this.#lastSeq) return;
    const mark = this.#markBefore(after);
    let index = mark ? this.#segments.length - 1 : segmentIndex(this.#segments, after + 1);
    for (let start = mark; index < this.#segments.length; index += 1, start = null) {
      yield* this.#readSegment(index, start, after);
    }
  }

  #markBefore(after: Seq): Position | null {
    if (this.#latest && this.#latest.lastSeq <= after) return this.#latest;
    return this.#marks.findLast((mark) => mark.lastSeq <= after) ?? null;
  }

  *#readSegment(index: number, start: Position | null, after: Seq): Generator<EventFrame, void, undefined> {
    const segment = this.#segments[index];
    if (!segment) return;
    const fd = this.#fs.open(segment.path, 'read');
    try {
      const whole = this.#stretchOf(index, segment, fd);
      this.#aborted.know(segment.first, () => this.#scanForAborts(fd, whole));
      const window = segmentWindow(this.#fs, fd, whole.limit);
      for (const found of framesIn(window, start ? { ...whole, start } : whole)) {
        const frame = this.#eventsIn(segment, window, found, after);
        if (frame) yield frame;
      }
    } finally {
      this.#fs.close(fd);
    }
  }

  #stretchOf(index: number, segment: Segment, fd: number): Stretch {
    const header = readHeader(this.#fs, fd, segment);
    const next = this.#segments[index + 1];
    return {
      path: segment.path,
      start: { offset: SEGMENT_HEADER_BYTES, chain: header.chain },
      // A sealed one may be replaced by a shorter one while this one is read.
      limit: next ? () => segment.bytes : () => this.#segments[index]?.bytes ?? 0,
      endChain: segment.isExact || !next ? null : this.#chainBefore(next),
    };
  }

  #chainBefore(segment: Segment): Uint8Array {
    return withOpen(this.#fs, segment.path, (fd) => readHeader(this.#fs, fd, segment).chain);
  }

  /** One cheap look for the rare segment that has any; only then a thorough one. */
  #scanForAborts(fd: number, stretch: Stretch): Seq[] {
    for (const head of headsIn(segmentWindow(this.#fs, fd, stretch.limit), stretch, PEEK_BYTES))
      if (peekMark(head).kind === 'abort') return this.#collectAborts(fd, stretch);
    return [];
  }

  #collectAborts(fd: number, stretch: Stretch): Seq[] {
    const seqs: Seq[] = [];
    for (const { head } of framesIn(segmentWindow(this.#fs, fd, stretch.limit), stretch))
      if (peekMark(head).kind === 'abort') seqs.push(...abortedBy(parseHead(head)));
    return seqs;
  }

  #eventsIn(segment: Segment, window: SegmentWindow, found: FoundFrame, after: Seq): EventFrame | null {
    if (peekMark(found.head).last <= after) return null;
    const frame = this.#parse(segment, window, found);
    if (frame.type !== 'events') return null;
    const entries = frame.entries.filter(({ seq }) => seq > after && !this.#aborted.has(segment.first, seq));
    return entries.length === 0 ? null : { ...frame, entries };
  }

  #parse(segment: Segment, window: SegmentWindow, found: FoundFrame): LoggedFrame {
    const raw = parseHead(found.head);
    if (!raw) throw damaged(segment.path, found.offset, 'the head of the frame cannot be understood');
    const area = { segment: segment.first, offset: found.bodyOffset, length: found.bodyBytes };
    return frameFrom(raw, bodyAreaOf(window, raw, area));
  }
}

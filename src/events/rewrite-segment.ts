/**
 * Writes a sealed segment anew, without the bytes of some versions: the same heads, the same chain, fewer bodies (pruned-body.ts).
 * What was written is read back and held against the chain and every digest before it may take the place of the old one. Bytes that
 * the disk damaged before are copied as they are, and named: whoever can mend them still can, and no other version waits for that.
 */
import { attempt, readFully, withOpen, writeAll } from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import type { Clock, FileSystem } from '../host/ports.ts';
import type { Seq } from '../core/events.ts';
import { checkDamaged } from './read-damaged.ts';
import type { CheckedBody } from './read-damaged.ts';
import { damaged } from './damage.ts';
import { CHAIN_BYTES, formatFrameHeader } from './frame.ts';
import type { FoundFrame } from './frame-at.ts';
import { bodyAreaOf, isTold, keptEntries, parseHead, placedParts } from './frame-head.ts';
import type { RawHead } from './frame-head.ts';
import { formatPrunedBody } from './pruned-body.ts';
import { framesIn } from './segment-frames.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { readHeader } from './segment-list.ts';
import type { Segment } from './segment-list.ts';
import { segmentWindow } from './segment-window.ts';
import type { SegmentWindow } from './segment-window.ts';
import type { DamagedBody } from './types.ts';

const CHUNK_BYTES = 1024 * 1024;

export interface Rewriting {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly segment: Segment;
  /** Chain digest that the next segment goes on from. */
  readonly endChain: Uint8Array;
  readonly drops: (seq: Seq) => boolean;
}

export interface Rewritten {
  /** Synced, beside the segment, under a name that opening removes. */
  readonly temporary: string;
  readonly bytes: number;
  readonly damaged: readonly DamagedBody[];
}

/** Null when nothing would be dropped. Throws LarderError `log_damaged` where more than bytes of versions is damaged, and leaves it. */
export async function rewriteSegment(rewriting: Rewriting): Promise<Rewritten | null> {
  const { fs, segment } = rewriting;
  const temporary = `${segment.path}.tmp`;
  attempt(() => fs.unlink(temporary));
  const fd = fs.open(temporary, 'create-new', 0o600);
  try {
    const { bytes, dropped } = await copyFrames(rewriting, fd);
    if (dropped === 0) fs.unlink(temporary);
    if (dropped === 0) return null;
    await fs.fsync(fd);
    return { temporary, bytes, damaged: await prove(rewriting, temporary, bytes) };
  } catch (error) {
    attempt(() => fs.unlink(temporary));
    throw error;
  } finally {
    attempt(() => fs.close(fd));
  }
}

async function copyFrames(rewriting: Rewriting, target: number): Promise<{ bytes: number; dropped: number }> {
  const { fs, clock, segment, endChain } = rewriting;
  const source = fs.open(segment.path, 'read');
  try {
    const header = readHeader(fs, source, segment);
    const limit = fs.fstat(source).size;
    const window = segmentWindow(fs, source, () => limit);
    const out = chunkedWriter(fs, target);
    out.add(Buffer.from(window(0, SEGMENT_HEADER_BYTES)));
    const stretch = {
      path: segment.path,
      start: { offset: SEGMENT_HEADER_BYTES, chain: header.chain },
      limit: () => limit,
      endChain,
    };
    let dropped = 0;
    for (const frame of framesIn(window, stretch)) {
      const written = frameWithout(rewriting, window, frame);
      dropped += written.dropped;
      for (const piece of written.pieces) if (out.add(piece)) await clock.yieldTurn();
    }
    return { bytes: out.finish(), dropped };
  } finally {
    attempt(() => fs.close(source));
  }
}

interface Written {
  readonly pieces: readonly Uint8Array[];
  readonly dropped: number;
}

function frameWithout({ segment, drops }: Rewriting, window: SegmentWindow, frame: FoundFrame): Written {
  const whole = (): Written => ({ pieces: [Buffer.from(window(frame.offset, frame.end - frame.offset))], dropped: 0 });
  const raw = parseHead(frame.head);
  if (!raw) throw damaged(segment.path, frame.offset, 'the head of the frame cannot be understood');
  const { bodyOffset: offset, bodyBytes: length } = frame;
  const area = bodyAreaOf(window, raw, { segment: segment.first, offset, length });
  const kept = keptEntries(raw, area);
  if (!isTold(raw, area) && kept.some(({ seq }) => drops(seq)))
    throw damaged(segment.path, offset, 'whose bytes are left of the frame cannot be told');
  const dropped = kept.filter(({ isKept, seq }) => isKept && drops(seq)).length;
  if (dropped === 0) return whole();
  const parts = storedParts(window, raw, area);
  const body = formatPrunedBody(
    kept.map(({ seq, storedBytes }) => parts.get(seq) ?? (storedBytes === 0 ? null : new Uint8Array(storedBytes))),
    (index) => {
      const entry = kept[index];
      return entry !== undefined && entry.isKept && !drops(entry.seq);
    },
  );
  const header = formatFrameHeader({ headBytes: frame.head.length, bodyBytes: body.length, group: frame.group });
  return { pieces: [header, frame.head, body, frame.chain.subarray(0, CHAIN_BYTES)], dropped };
}

function storedParts(
  window: SegmentWindow,
  raw: RawHead,
  area: Parameters<typeof placedParts>[1],
): ReadonlyMap<Seq, Uint8Array> {
  return new Map(
    placedParts(raw, area).map(({ seq, offset, stored }) => [seq, Buffer.from(window(offset, stored.length))]),
  );
}

/** Gathers pieces into writes of a megabyte. `add` says when one was made. */
function chunkedWriter(fs: FileSystem, fd: number): { add: (piece: Uint8Array) => boolean; finish: () => number } {
  let waiting: Uint8Array[] = [];
  let [waitingBytes, position] = [0, 0];
  const flush = (): void => {
    writeAll(fs, fd, Buffer.concat(waiting), position);
    position += waitingBytes;
    [waiting, waitingBytes] = [[], 0];
  };
  return {
    add(piece) {
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes < CHUNK_BYTES) return false;
      flush();
      return true;
    },
    finish() {
      flush();
      return position;
    },
  };
}

/**
 * Whole by its chain, up to the very end that the next segment goes on from, and every body by its digest, but for those that were
 * damaged before: they are answered.
 */
async function prove(rewriting: Rewriting, temporary: string, bytes: number): Promise<DamagedBody[]> {
  const { fs, clock, segment, endChain } = rewriting;
  const pace = paceOf(clock);
  const written = { ...segment, path: temporary, bytes, isExact: true };
  let last: Uint8Array = withOpen(fs, temporary, (fd) => readHeader(fs, fd, written).chain);
  const broken: CheckedBody[] = [];
  for (const item of checkDamaged(fs, [written])) {
    if (item.kind === 'gap') throw damaged(segment.path, item.from, `it cannot be written anew: ${item.reason}`);
    if (item.kind === 'body' && !item.isWhole) broken.push(item);
    if (item.kind === 'frame') last = item.chain;
    await pace();
  }
  if (Buffer.compare(last, endChain) !== 0)
    throw damaged(segment.path, bytes, 'it does not end where the next segment goes on');
  if (broken.length > 0) await proveCopied(rewriting, broken);
  return broken.map(({ seq, of, offset }) => ({ seq, path: of, segment: segment.path, offset }));
}

/** Damaged before, and the same bytes still. */
async function proveCopied({ fs, clock, segment }: Rewriting, copies: readonly CheckedBody[]): Promise<void> {
  const pace = paceOf(clock);
  const before = new Map<Seq, CheckedBody>();
  for (const item of checkDamaged(fs, [segment])) {
    if (item.kind === 'body' && !item.isWhole) before.set(item.seq, item);
    await pace();
  }
  for (const copy of copies) {
    const original = before.get(copy.seq);
    if (!original || Buffer.compare(storedBytes(fs, original), storedBytes(fs, copy)) !== 0)
      throw damaged(
        segment.path,
        copy.offset,
        `the bytes of version ${copy.seq} of ${copy.of} were not copied as they are`,
      );
  }
}

const storedBytes = (fs: FileSystem, { path, offset, length }: CheckedBody): Uint8Array =>
  withOpen(fs, path, (fd) => readFully(fs, fd, offset, length));

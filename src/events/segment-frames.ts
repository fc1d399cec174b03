/** Walking the frames of a segment, up to where it ends or to what is synced of it. */
import { damaged } from './damage.ts';
import { CHAIN_BYTES, FRAME_HEADER_BYTES, frameBytes, parseFrameHeader } from './frame.ts';
import { frameAt } from './frame-at.ts';
import type { FoundFrame } from './frame-at.ts';
import type { SegmentWindow } from './segment-window.ts';

export interface Stretch {
  readonly path: string;
  readonly start: { readonly offset: number; readonly chain: Uint8Array };
  /** Asked before each frame, because a segment grows while it is read. */
  readonly limit: () => number;
  /** Chain digest that the next segment goes on from, where that alone tells the end. */
  readonly endChain: Uint8Array | null;
}

const isSame = (a: Uint8Array, b: Uint8Array | null): boolean => b !== null && Buffer.compare(a, b) === 0;

/** Every frame, held against the chain. Throws LarderError `log_damaged`. */
export function* framesIn(window: SegmentWindow, stretch: Stretch): Generator<FoundFrame, void, undefined> {
  const { path, limit, endChain } = stretch;
  let { offset, chain } = stretch.start;
  while (!isSame(chain, endChain)) {
    if (offset >= limit()) {
      if (!endChain) return;
      throw damaged(path, offset, 'it ends before the frame that the next segment goes on from');
    }
    const found = frameAt(window, offset, limit(), chain);
    if (found.kind !== 'frame')
      throw damaged(path, offset, found.kind === 'end' ? 'zeros lie where a frame should begin' : found.reason);
    yield found;
    ({ end: offset, chain } = found);
  }
}

/** Heads alone, unchecked and as short as asked for: a first look that finds what a second one may trust. Ends at damage. */
export function* headsIn(
  window: SegmentWindow,
  stretch: Stretch,
  mostBytes: number,
): Generator<Uint8Array, void, undefined> {
  const { limit, endChain } = stretch;
  let { offset, chain } = stretch.start;
  while (!isSame(chain, endChain)) {
    const header = parseFrameHeader(window(offset, FRAME_HEADER_BYTES));
    if (!header || offset + frameBytes(header) > limit()) return;
    yield window(offset + FRAME_HEADER_BYTES, Math.min(mostBytes, header.headBytes));
    offset += frameBytes(header);
    if (endChain) chain = window(offset - CHAIN_BYTES, CHAIN_BYTES);
  }
}

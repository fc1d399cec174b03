/** How much frames are, for turns and transactions. */
import type { ToApply } from './types.ts';

export const rowsOf = (frames: readonly ToApply[]): number =>
  frames.reduce((sum, { frame }) => sum + frame.entries.length, 0);

export const bytesOf = (frames: readonly ToApply[]): number =>
  frames.reduce((sum, { frame }) => sum + frame.entries.reduce((bytes, { size }) => bytes + size, 0), 0);

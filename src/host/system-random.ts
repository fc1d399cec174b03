import { randomBytes, randomFillSync } from 'node:crypto';
import type { RandomBytes } from './ports.ts';

/** Drawn ahead: a write needs two names, and a call to the kernel's source for each was a fiftieth of it. */
const drawn = Buffer.alloc(4096);
const LARGEST_SHARE = 64;
let used = drawn.length;

/** The kernel's random numbers, each given out once. */
export const systemRandom: RandomBytes = (length) => {
  if (length > LARGEST_SHARE) return randomBytes(length);
  if (used + length > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const share = Uint8Array.from(drawn.subarray(used, used + length));
  drawn.fill(0, used, used + length);
  used += length;
  return share;
};

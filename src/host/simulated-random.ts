/** Chance that is the same for the same seed. */
import type { RandomBytes } from './ports.ts';

/** A uniform number from 0 up to, not including, 1. */
export type Chance = () => number;

/** mulberry32: small, fast, good enough to choose what a crash leaves. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededBytes(seed: number): RandomBytes {
  const chance = seededChance(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(chance() * 256));
}

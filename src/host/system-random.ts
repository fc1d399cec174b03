import { randomBytes } from 'node:crypto';
import type { RandomBytes } from './ports.ts';

/** The kernel's random numbers. */
export const systemRandom: RandomBytes = (length) => randomBytes(length);

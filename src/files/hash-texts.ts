/** Digests of texts as UTF-8: what verify asks of those that the catalog answers lists from. */
import { digestOf } from '../core/digest.ts';
import { sharedBytes } from './hash-batch.ts';

/** Longest UTF-8 of a UTF-16 unit. */
const BYTES_A_UNIT = 3;
/** Longer ones get a buffer of their own, which does not stay. */
const MOST_SHARED_UNITS = 64 * 1024;
const encoder = new TextEncoder();

/** 64 characters a text. */
export const hashTexts = (texts: readonly string[]): string => texts.map(digestOfText).join('');

function digestOfText(text: string): string {
  if (text.length > MOST_SHARED_UNITS) return digestOf(encoder.encode(text));
  const bytes = sharedBytes(text.length * BYTES_A_UNIT);
  return digestOf(bytes.subarray(0, encoder.encodeInto(text, bytes).written));
}

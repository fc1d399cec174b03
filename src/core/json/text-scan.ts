/**
 * One pass over the bytes of a document before anything recursive sees them: how deep it nests, and how many members its
 * objects have. JSON.parse keeps the last of two equal keys without a word; fewer keys in its result than members in the
 * text give them away.
 */
import { QUOTE, COLON, OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE } from './characters.ts';

export interface TextScan {
  readonly depth: number;
  readonly members: number;
  /** A `\u` was seen: keys and strings may hold what their spelling hides. */
  readonly unicodeEscapes: boolean;
  /** A key is spelled with an escape (exact-value.ts says why that matters). */
  readonly escapedKeys: boolean;
}

const LETTER_U = 0x75;

/** Linear, without allocation. Right for valid JSON; for anything else it only ends. */
export function scanText(bytes: Uint8Array): TextScan {
  const { length } = bytes;
  let [at, depth, deepest, members] = [0, 0, 0, 0];
  let [unicodeEscapes, escaped, escapedKeys] = [false, false, false];
  while (at < length) {
    const byte = bytes[at++];
    if (byte === QUOTE) {
      escaped = false;
      for (let inside = bytes[at++]; inside !== QUOTE && at < length; inside = bytes[at++]) {
        if (inside !== BACKSLASH) continue;
        escaped = true;
        if (bytes[at++] === LETTER_U) unicodeEscapes = true;
      }
    } else if (byte === COLON) {
      members++;
      escapedKeys ||= escaped;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return { depth: deepest, members, unicodeEscapes, escapedKeys };
}

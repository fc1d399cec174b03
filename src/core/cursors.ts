/**
 * Opaque cursors: where a page ended, sealed so that only this Larder can have made it, and only for this very walk. The
 * position is in the clear (base64url of JSON); the seal is a keyed digest over it and over the scope, so that a cursor of
 * another list, filter or sort is refused like a forged one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { LarderError } from './errors.ts';

/** What a page ended with: JSON values only. */
export type CursorPosition = string | number | boolean | null | readonly CursorPosition[];

const VERSION = 1;
/** 96 bits: nobody guesses them, and the cursor stays short in a URL. */
const SEAL_BYTES = 12;
const LONGEST = 16_384;

const sealOf = (key: Uint8Array, scope: string, body: string): Buffer =>
  createHmac('sha256', key)
    .update(`${Buffer.byteLength(scope)}:${scope}${body}`)
    .digest()
    .subarray(0, SEAL_BYTES);

/**
 * @param scope Names the walk with everything that decides its order, e.g. `list:lod/customers?prefix=`.
 */
export function sealCursor(key: Uint8Array, scope: string, position: CursorPosition): string {
  const body = JSON.stringify([VERSION, position]);
  return Buffer.concat([sealOf(key, scope, body), Buffer.from(body)]).toString('base64url');
}

/** Throws LarderError `bad_cursor` for everything that `sealCursor` did not make with this key for this scope. */
export function openCursor(key: Uint8Array, scope: string, cursor: string): CursorPosition {
  const body = checkedBody(key, scope, cursor);
  const content: unknown = body === null ? null : JSON.parse(body);
  if (!Array.isArray(content) || content[0] !== VERSION) throw refused();
  return content[1] as CursorPosition;
}

function checkedBody(key: Uint8Array, scope: string, cursor: string): string | null {
  if (cursor.length > LONGEST) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  // Buffer skips what is no base64url, so that many spellings would mean the same bytes: one is allowed.
  if (bytes.length <= SEAL_BYTES || bytes.toString('base64url') !== cursor) return null;
  const body = bytes.subarray(SEAL_BYTES).toString();
  return timingSafeEqual(bytes.subarray(0, SEAL_BYTES), sealOf(key, scope, body)) ? body : null;
}

const refused = (): LarderError => new LarderError('bad_cursor', 'this cursor was not made for this query');

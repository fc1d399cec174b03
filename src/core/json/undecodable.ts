import { isUtf8 } from 'node:buffer';
import type { Fault } from '../events.ts';
import { placeAt } from './places.ts';

const NUL_BLOCK = 'the file consists of NUL bytes: its space was reserved and never written, as after a power failure';
const UTF16 = 'the file is UTF-16; save it as UTF-8';

/** Why bytes are no text that JSON could be read from; null when they are UTF-8 with something in it. */
export function undecodable(bytes: Uint8Array): Fault | null {
  if (bytes.length === 0) return { code: 'json_empty', detail: 'the file is empty', line: 1, column: 1 };
  if (looksLikeUtf16(bytes)) return { code: 'json_not_utf8', detail: UTF16, line: 1, column: 1 };
  if (!isUtf8(bytes)) return notUtf8(bytes);
  return bytes[0] === 0 && bytes.every((byte) => byte === 0)
    ? { code: 'json_nul', detail: NUL_BLOCK, line: 1, column: 1 }
    : null;
}

/** By its byte order mark, or because a NUL stands beside the first ASCII character. */
function looksLikeUtf16([a, b]: Uint8Array): boolean {
  if (a === undefined || b === undefined) return false;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0) !== (b === 0);
}

/** Decoding puts U+FFFD for the first bad byte, so that the text encoded again differs there first. */
function notUtf8(bytes: Uint8Array): Fault {
  const again = Buffer.from(Buffer.from(bytes).toString('utf8'));
  let at = 0;
  while (bytes[at] === again[at]) at++;
  const before = Buffer.from(bytes.subarray(0, at)).toString('utf8');
  const byte = (bytes[at] ?? 0).toString(16).padStart(2, '0');
  return { code: 'json_not_utf8', detail: `the byte 0x${byte} is not UTF-8 here`, ...placeAt(before, before.length) };
}

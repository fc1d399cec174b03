const LONGEST_CHARACTER_BYTES = 4;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The name as text, with `\xNN` for each byte that is not part of a UTF-8 character. */
export function spellName(raw: Uint8Array): string {
  let spelled = '';
  for (let at = 0; at < raw.length;) {
    const character = characterAt(raw, at);
    spelled += character ?? `\\x${(raw[at] ?? 0).toString(16).padStart(2, '0')}`;
    at += character === null ? 1 : Buffer.byteLength(character);
  }
  return spelled;
}

function characterAt(raw: Uint8Array, at: number): string | null {
  for (let length = 1; length <= LONGEST_CHARACTER_BYTES; length += 1) {
    const character = decode(raw.subarray(at, at + length));
    if (character !== null) return character;
  }
  return null;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** JSON Pointer (RFC 6901). */

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');

export const formatPointer = (tokens: readonly (string | number)[]): string =>
  tokens.map((token) => `/${escapeToken(String(token))}`).join('');

/** The pointer of a child. */
export const below = (pointer: string, token: string | number): string => `${pointer}/${escapeToken(String(token))}`;

/** The reference tokens, unescaped; null when the text is no pointer. */
export function parsePointer(text: string): string[] | null {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return null;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The position that a token means in an array of this length; null when it means none. */
export function indexOf(token: string, length: number): number | null {
  if (!/^(?:0|[1-9]\d{0,9})$/.test(token)) return null;
  const index = Number(token);
  return index < length ? index : null;
}

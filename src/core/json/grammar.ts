/** The words of JSON (RFC 8259 §3 and §6), one at a time. */

const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

export const isNumber = (word: string): boolean => number.test(word);

export const isWord = (word: string): boolean => word === 'true' || word === 'false' || word === 'null';

const ends = /[\p{Cc} ,:[\]{}"]/gu;

/** What stands from here to the next space, control character, bracket, comma, colon or quote. */
export function wordAt(text: string, start: number): string {
  ends.lastIndex = start;
  return text.slice(start, ends.exec(text)?.index ?? text.length);
}

/** Position behind the escape that begins at this backslash; null when JSON has no such escape. */
export function escapeEnd(text: string, backslash: number): number | null {
  const letter = text[backslash + 1] ?? '';
  if (letter === 'u') return /^[0-9a-fA-F]{4}$/.test(text.slice(backslash + 2, backslash + 6)) ? backslash + 6 : null;
  return letter !== '' && '"\\/bfnrt'.includes(letter) ? backslash + 2 : null;
}

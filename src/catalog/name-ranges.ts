/** Ranges of text in the order of UTF-8 bytes, which is how the tables compare. */

/** Every blob sorts after every text, so this is an upper bound that no text reaches (sqlite.org/datatype3.html). */
const BEYOND_ALL_TEXT = new Uint8Array(0);

/** From inclusive, to exclusive. */
export interface TextRange {
  readonly from: string;
  readonly to: string | Uint8Array;
}

/** Just after this text: nothing that has no NUL lies between. */
export const justAfter = (text: string): string => `${text}\0`;

/** Every text that starts with a prefix. */
export function startingWith(prefix: string): TextRange {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return { from: prefix, to: BEYOND_ALL_TEXT };
  // Surrogates are no characters: U+D7FF is followed by U+E000.
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return { from: prefix, to: String.fromCodePoint(...points, next) };
}

/** The part of a range after one of its texts. */
export function after(range: TextRange, text: string | null): TextRange {
  if (text === null || Buffer.compare(Buffer.from(text), Buffer.from(range.from)) < 0) return range;
  return { ...range, from: justAfter(text) };
}

/** A directory itself, and everything below it; '' is the root. */
export function directoriesIn(directory: string): readonly TextRange[] {
  if (directory === '') return [startingWith('')];
  return [{ from: directory, to: justAfter(directory) }, startingWith(`${directory}/`)];
}

/** Sets of characters as ECMA-262 means them, spelled as the inside of a character class in RE2 syntax. */

/** `\s`: wider than RE2's, which knows five ASCII characters. */
export const SPACE = String.raw`\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`;

export const NOT_SPACE = [
  String.raw`\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}`,
  String.raw`\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`,
].join('');

const rangesByProperty = new Map<string, string>();

/**
 * `\p{…}` and `\P{…}` by the tables of the engine that runs us: RE2 knows a part of the names only. Costs some 20 ms for
 * each property, once.
 */
export function propertyRanges(escape: string): string {
  const known = rangesByProperty.get(escape) ?? rangesOf(new RegExp(`${escape}+`, 'gu'));
  rangesByProperty.set(escape, known);
  return known;
}

const SURROGATES = { from: 0xd800, to: 0xe000 } as const;
const END = 0x110000;

/** A match over all characters in their order is a range of the set. */
function rangesOf(set: RegExp): string {
  let ranges = '';
  for (const [from, to] of [
    [0, SURROGATES.from],
    [SURROGATES.to, END],
  ] as const) {
    for (const [run] of allCharacters(from, to).matchAll(set)) ranges += spelledRange(run);
  }
  // An empty set, inside a class: nothing can be spelled, and U+D800 alone is in no text.
  return ranges === '' ? String.raw`\x{d800}` : ranges;
}

const spelledRange = (run: string): string => {
  const last = run.codePointAt(run.length - 2) ?? 0;
  const end = last > 0xffff ? last : (run.codePointAt(run.length - 1) ?? 0);
  return `\\x{${(run.codePointAt(0) ?? 0).toString(16)}}-\\x{${end.toString(16)}}`;
};

const STEP = 4096;

function allCharacters(from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += STEP)
    text += String.fromCodePoint(...Array.from({ length: STEP }, (_, i) => at + i));
  return text;
}

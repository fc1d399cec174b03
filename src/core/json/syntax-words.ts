/** What to tell a person about the place where JSON ends to be JSON: the likely slip, not the grammar's expectation. */
import { wordAt } from './grammar.ts';

const SHOWN = 30;
const quoted = (word: string): string => (word.length > SHOWN ? `${word.slice(0, SHOWN).toWellFormed()}…` : word);

/** A glimpse of what stands here: a word, the beginning of a string, or a bracket. */
function glimpse(text: string, at: number): string {
  const [string] = /^"[^"\n]*"?/.exec(text.slice(at, at + SHOWN).toWellFormed()) ?? [];
  return string ?? (quoted(wordAt(text, at)) || (text[at] ?? ''));
}

/** The slips that may stand anywhere; null when the character is none of them. */
function commonSlip(text: string, at: number): string | null {
  const next = text[at] ?? '';
  if (/^(?:\/\/|\/\*|#)/.test(text.slice(at, at + 2))) return 'a comment is not JSON';
  if (next === "'") return 'text takes double quotes in JSON, not single ones';
  return /[\p{Cc}\p{Cf}\p{Z}]/u.test(next) ? `the invisible character ${codePoint(next)} cannot stand here` : null;
}

const codePoint = (unit: string): string => `U+${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

export const sayAfterEnd = (text: string, at: number): string =>
  commonSlip(text, at) ?? `the document has ended before this: ${glimpse(text, at)}`;

interface Container {
  readonly close: string;
  readonly line: number;
}

export function sayNoComma(text: string, at: number, { close, line }: Container): string {
  const next = text[at] ?? '';
  const what = close === '}' ? 'object' : 'array';
  if (next === '') return `the text ends inside the ${what} that begins in line ${line}`;
  if (next === ']' || next === '}') return `${next} cannot close the ${what} that begins in line ${line}`;
  if (next === ':') return `a colon can only follow a key of an object`;
  return commonSlip(text, at) ?? `a comma is missing before this: ${glimpse(text, at)}`;
}

export function sayNoKey(text: string, at: number): string {
  const next = text[at] ?? '';
  if (next === '') return 'the text ends where a key should follow';
  if (next === ',') return 'a comma stands here with nothing before it';
  if (next === ']') return '] cannot close an object';
  return commonSlip(text, at) ?? `a key in double quotes should stand here, not ${glimpse(text, at)}`;
}

export function sayNoColon(text: string, at: number, key: string): string {
  const after = `the key ${quoted(JSON.stringify(key))}`;
  if (at >= text.length) return `the text ends after ${after}`;
  return commonSlip(text, at) ?? `a colon is missing after ${after}`;
}

export function sayNoValue(text: string, at: number, word: string): string {
  const next = text[at] ?? '';
  if (next === '') return 'the text ends where a value should follow';
  return commonSlip(text, at) ?? (word === '' ? `a value is missing before ${next}` : saySlipOfWord(word));
}

const otherLanguages = /^(?:[+-]?(?:nan|infinity|inf)|undefined|none|nil|true|false|null)$/i;

function saySlipOfWord(word: string): string {
  if (otherLanguages.test(word)) return `${word} is not JSON (true, false and null are, and numbers)`;
  if (/^[+-]?[.\d]/.test(word)) return `${quoted(word)} is not a number in JSON${numberRule(word)}`;
  return `${quoted(word)} needs double quotes`;
}

function numberRule(word: string): string {
  if (word.startsWith('+')) return ': it has no plus sign';
  if (/^-?0\d/.test(word)) return ': it has no leading zeros';
  if (/^-?\.|\.(?!\d)/.test(word)) return ': digits stand on both sides of the point';
  return '';
}

export function sayEscape(text: string, at: number): string {
  if (text[at + 1] === 'u') return '\\u is followed by four hexadecimal digits';
  return `\\${text[at + 1] ?? ''} is not an escape in JSON; a backslash is written \\\\`;
}

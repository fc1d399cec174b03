/**
 * Patterns of schemas. JSON Schema writes them in ECMA-262 and a schema is data from anybody, so they never run on a
 * backtracking engine: each is translated to RE2 syntax, which re2js matches in linear time. What RE2 cannot do
 * (look-around, back-references, repeats beyond 1,000) is refused, not approximated.
 */
import { RE2JS } from 're2js';
import { NOT_SPACE, propertyRanges, SPACE } from './character-ranges.ts';

export interface LinearPattern {
  test(text: string): boolean;
}

export type PatternReading =
  | { readonly kind: 'pattern'; readonly pattern: LinearPattern }
  /** No regular expression at all, by ECMA-262. */
  | { readonly kind: 'malformed'; readonly detail: string }
  /** One that cannot be matched in linear time. */
  | { readonly kind: 'unsupported'; readonly detail: string };

/** A longer pattern is a program; each character of a text costs at most its length. */
const MAX_LENGTH = 4096;

/** Unanchored, as `pattern` and `patternProperties` mean it. */
export function readPattern(source: string): PatternReading {
  const malformed = whyMalformed(source);
  if (malformed !== null) return { kind: 'malformed', detail: malformed };
  const beyond = whyBeyond(source);
  if (beyond !== null) return { kind: 'unsupported', detail: beyond };
  try {
    const compiled = RE2JS.compile(translate(source));
    return { kind: 'pattern', pattern: { test: (text) => compiled.test(text) } };
  } catch (error) {
    const reason = messageOf(error).replace(/^error parsing regexp: /, '');
    return { kind: 'unsupported', detail: `cannot be matched in linear time (${reason})` };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * JSON Schema means ECMA-262 with the `u` flag. Patterns that are only right without it are read too where all that the
 * flag objects to are needless escapes (`\-`, `[\w-.]`): people write many of them, and they leave no doubt.
 */
function whyMalformed(source: string): string | null {
  const strict = whyRefused(source, 'u');
  if (strict === null || (onlyNeedlessEscapes(source) && whyRefused(source, '') === null)) return null;
  return `is no regular expression: ${strict}`;
}

/** Without the flag `\a` is an a and `\p{L}` are three letters: hardly what was meant. */
const onlyNeedlessEscapes = (source: string): boolean =>
  !(source.match(MEMBER) ?? []).some((piece) => /^\\(?![bBdDfnrsStvwW])[a-zA-Z0-9]/.test(piece));

function whyRefused(source: string, flags: string): string | null {
  try {
    new RegExp(source, flags).test('');
    return null;
  } catch (error) {
    return messageOf(error).split(': ').at(-1) ?? 'malformed';
  }
}

const ESCAPE = String.raw`\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[pP]\{[^}]*\}|[^])`;
const CLASS = String.raw`\[(?:\\[^]|[^\]\\])*\]`;
const GROUP = String.raw`\(\?(?:<?[=!]|<[^>]*>)`;

/** The pieces of a pattern that are spelled otherwise in RE2, or that it lacks; everything else is one character. */
const PIECE = new RegExp(`${ESCAPE}|${CLASS}|${GROUP}|[^]`, 'gu');
const MEMBER = new RegExp(`${ESCAPE}|[^]`, 'gu');

function whyBeyond(source: string): string | null {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  const pieces = source.match(PIECE) ?? [];
  if (pieces.some((piece) => /^\(\?<?[=!]/.test(piece))) return 'uses look-around, which RE2 syntax does not have';
  if (pieces.some((piece) => /^\\[1-9k]/.test(piece))) return 'uses a back-reference, which RE2 syntax does not have';
  return null;
}

const translate = (source: string): string => source.replace(PIECE, translatePiece);

function translatePiece(piece: string): string {
  if (piece === '.') return String.raw`[^\n\r\x{2028}\x{2029}]`;
  if (piece.startsWith('[')) return translateClass(piece);
  if (piece.startsWith('(?<')) return '(';
  if (!piece.startsWith('\\') || /^\\[bBdDwW]/.test(piece)) return piece;
  return /^\\[sSpP]/.test(piece) ? `[${translateMember(piece)}]` : translateMember(piece);
}

function translateClass(piece: string): string {
  const negated = piece.startsWith('[^');
  const members = piece.slice(negated ? 2 : 1, -1);
  if (members === '') return negated ? String.raw`[\x{0}-\x{10FFFF}]` : String.raw`[^\x{0}-\x{10FFFF}]`;
  return `[${negated ? '^' : ''}${members.replace(MEMBER, translateMember)}]`;
}

/** One member of a character class, or an escape that means a single character. */
function translateMember(member: string): string {
  // RE2 would read `[[:` as the start of a named class.
  if (member === '[') return String.raw`\[`;
  if (!member.startsWith('\\') || /^\\[dDwW]/.test(member)) return member;
  if (member === String.raw`\s`) return SPACE;
  if (member === String.raw`\S`) return NOT_SPACE;
  if (/^\\[pP]\{/.test(member)) return propertyRanges(member);
  return `\\x{${codePointOf(member).toString(16)}}`;
}

const CONTROLS: Readonly<Record<string, number>> = { 0: 0, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

function codePointOf(escape: string): number {
  const letter = escape[1] ?? '';
  const digits = escape.match(/[0-9a-fA-F]{2,}/g) ?? [];
  if ((letter !== 'u' && letter !== 'x') || escape.length === 2) {
    return letter === 'c' && escape.length === 3
      ? escape.charCodeAt(2) % 32
      : (CONTROLS[letter] ?? escape.codePointAt(1) ?? 0);
  }
  if (escape.startsWith(String.raw`\u{`)) return Number.parseInt(escape.slice(3, -1), 16);
  return String.fromCharCode(...digits.map((unit) => Number.parseInt(unit, 16))).codePointAt(0) ?? 0;
}

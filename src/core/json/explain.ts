/**
 * The slow look at a text that was refused: a strict reader (RFC 8259) that says what is wrong, where, in words. It keeps
 * its own stack, so that a hostile nesting costs nothing, and takes time and memory linear in the text.
 */
import type { Fault } from '../events.ts';
import { placeAt } from './places.ts';
import { formatPointer } from './pointer.ts';
import { escapeEnd, isNumber, isWord, wordAt } from './grammar.ts';
import { sayAfterEnd, sayEscape, sayNoColon, sayNoComma, sayNoKey, sayNoValue } from './syntax-words.ts';

/** More faults than this help nobody. */
const MAX_FAULTS = 20;

interface Open {
  readonly start: number;
  /** Keys seen so far; null in an array. */
  readonly keys: Set<string> | null;
  /** Where we are in it: the last key, or the position. */
  token: string | number;
  empty: boolean;
}

interface Look {
  readonly text: string;
  readonly maxDepth: number;
  readonly faults: Fault[];
  readonly open: Open[];
  at: number;
}

/** Ends the look: nothing after a syntax error can be judged. */
class Enough extends Error {}

/** Everything that is wrong with this text, in its order, up to the first syntax error. Empty when nothing is. */
export function explain(text: string, maxDepth: number): Fault[] {
  const look: Look = { text, maxDepth, faults: [], open: [], at: 0 };
  try {
    readText(look);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return look.faults;
}

function note(look: Look, offset: number, fault: Fault): void {
  look.faults.push({ ...fault, ...placeAt(look.text, offset) });
  if (look.faults.length >= MAX_FAULTS) throw new Enough();
}

function stop(look: Look, offset: number, detail: string): never {
  const isNul = look.text[offset] === '\0';
  const fault = isNul ? { code: 'json_nul', detail: 'a NUL byte stands here' } : { code: 'json_syntax', detail };
  note(look, offset, fault);
  throw new Enough();
}

const pointerOf = ({ open }: Look): string => formatPointer(open.map(({ token }) => token));

function skip(look: Look): string {
  while (isSpace(look.text.charCodeAt(look.at))) look.at++;
  return look.text[look.at] ?? '';
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

function readText(look: Look): void {
  readValue(look);
  for (let top = look.open.at(-1); top !== undefined; top = look.open.at(-1)) readNext(look, top);
  if (skip(look) !== '') stop(look, look.at, sayAfterEnd(look.text, look.at));
}

/** One member or item, or the end of the container. */
function readNext(look: Look, top: Open): void {
  const close = top.keys === null ? ']' : '}';
  let next = skip(look);
  if (next !== close && !top.empty) next = readComma(look, top, close);
  if (next === close) {
    look.at++;
    look.open.pop();
    return;
  }
  top.empty = false;
  if (top.keys === null) top.token = Number(top.token) + 1;
  else readKey(look, top, top.keys);
  readValue(look);
}

function readComma(look: Look, top: Open, close: string): string {
  if (look.text[look.at] !== ',') {
    const line = placeAt(look.text, top.start).line;
    return stop(look, look.at, sayNoComma(look.text, look.at, { close, line }));
  }
  const comma = look.at++;
  const next = skip(look);
  return next === close ? stop(look, comma, `a comma stands before ${close}, with nothing after it`) : next;
}

function readKey(look: Look, top: Open, keys: Set<string>): void {
  const start = look.at;
  if (look.text[start] !== '"') stop(look, start, sayNoKey(look.text, start));
  const key = readString(look);
  top.token = key;
  judgeKey(look, start, key, keys);
  keys.add(key);
  if (skip(look) !== ':') stop(look, look.at, sayNoColon(look.text, look.at, key));
  look.at++;
}

function judgeKey(look: Look, offset: number, key: string, keys: ReadonlySet<string>): void {
  const tell = (code: string, detail: string): void => note(look, offset, { code, detail, pointer: pointerOf(look) });
  if (keys.has(key)) tell('json_duplicate_key', `the key ${JSON.stringify(key)} stands twice in this object`);
  if (key === '__proto__') tell('json_proto', 'the key "__proto__" is not allowed');
  if (!key.isWellFormed()) tell('json_surrogate', 'the key holds a lone surrogate, which is not a character');
}

function readValue(look: Look): void {
  const first = skip(look);
  if (first === '{' || first === '[') return open(look, first);
  if (first === '"') return judgeString(look, look.at, readString(look));
  const word = wordAt(look.text, look.at);
  if (!isWord(word) && !isNumber(word)) stop(look, look.at, sayNoValue(look.text, look.at, word));
  look.at += word.length;
}

function open(look: Look, bracket: string): void {
  if (look.open.length >= look.maxDepth) {
    const detail = `objects and arrays nest deeper than ${look.maxDepth} here`;
    note(look, look.at, { code: 'json_depth', detail });
    throw new Enough();
  }
  look.open.push({ start: look.at++, keys: bracket === '{' ? new Set() : null, token: -1, empty: true });
}

/** Moves behind the string; answers its code units. */
function readString(look: Look): string {
  const start = look.at;
  for (look.at++; look.text[look.at] !== '"';) look.at = behindCharacter(look, start);
  look.at++;
  return JSON.parse(look.text.slice(start, look.at)) as string;
}

function behindCharacter(look: Look, start: number): number {
  const unit = look.text.charCodeAt(look.at);
  if (unit === 0x5c) return escapeEnd(look.text, look.at) ?? stop(look, look.at, sayEscape(look.text, look.at));
  if (unit >= 0x20) return look.at + 1;
  const code = unit.toString(16).padStart(4, '0');
  if (unit === 0x0a || unit === 0x0d || Number.isNaN(unit))
    return stop(look, start, 'a string begins here and is not closed');
  return stop(look, look.at, `a control character inside a string is written \\u${code}`);
}

function judgeString(look: Look, offset: number, value: string): void {
  if (value.isWellFormed()) return;
  const detail = 'the string holds a lone surrogate, which is not a character';
  note(look, offset, { code: 'json_surrogate', detail, pointer: pointerOf(look) });
}

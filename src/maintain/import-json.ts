/**
 * Cuts a JSON array or object into its elements without parsing or holding the whole. It only counts brackets outside of
 * strings, so a broken element spoils itself and seldom its neighbours: what it cuts is parsed later, one by one.
 *
 *     before --[ or {--> between <--comma-- element --closing bracket--> after
 *        \________________ anything that cannot stand there ___________/  -> lost
 */
import {
  QUOTE,
  COMMA,
  OPEN_BRACKET,
  BACKSLASH,
  CLOSE_BRACKET,
  OPEN_BRACE,
  CLOSE_BRACE,
} from '../core/json/characters.ts';
import { isUtf8 } from 'node:buffer';
import { broken, Gathered } from './import-bytes.ts';
import type { RawRecord } from './import-types.ts';

const NEWLINE = 0x0a;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isOpening = (byte: number): boolean => byte === OPEN_BRACE || byte === OPEN_BRACKET;
const isClosing = (byte: number): boolean => byte === CLOSE_BRACE || byte === CLOSE_BRACKET;

interface Cutter {
  readonly name: string;
  phase: 'before' | 'between' | 'element' | 'after' | 'lost';
  line: number;
  /** The top level is an object, its elements are members. */
  members: boolean;
  /** Of the element that is being read: its first line, open brackets, and where in a string it stands. */
  startLine: number;
  depth: number;
  inString: boolean;
  escaped: boolean;
  readonly gathered: Gathered;
}

/** Elements of an array (key null) or members of an object (their key), some at a time. Takes bytes without a BOM. */
export async function* cutJson(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<RawRecord[]> {
  const cutter: Cutter = {
    name,
    phase: 'before',
    line: 1,
    members: false,
    startLine: 0,
    depth: 0,
    inString: false,
    escaped: false,
    gathered: new Gathered(),
  };
  for await (const chunk of chunks) yield cutChunk(cutter, chunk);
  if (cutter.phase === 'before') yield [fault(cutter, 'the file is empty')];
  else if (cutter.phase === 'between' || cutter.phase === 'element')
    yield [fault(cutter, 'the file ends before its closing bracket')];
}

const fault = ({ name, line }: Cutter, detail: string): RawRecord => broken(`${name}:${line}`, 'bad_json', detail);

function cutChunk(cutter: Cutter, chunk: Uint8Array): RawRecord[] {
  const found: RawRecord[] = [];
  let start = 0;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0;
    if (cutter.phase !== 'element') {
      if (stepOutside(cutter, byte, found)) start = at;
    } else if (stepInElement(cutter, byte)) {
      cutter.gathered.add(chunk.subarray(start, at));
      found.push(finish(cutter));
    }
    if (byte === NEWLINE) cutter.line++;
  }
  if (cutter.phase === 'element') cutter.gathered.add(chunk.subarray(start));
  return found;
}

/** True when an element starts with this byte. */
function stepOutside(cutter: Cutter, byte: number, found: RawRecord[]): boolean {
  if (isSpace(byte)) return false;
  if (cutter.phase === 'between') return stepBetween(cutter, byte);
  if (cutter.phase === 'before' && isOpening(byte)) {
    cutter.phase = 'between';
    cutter.members = byte === OPEN_BRACE;
  } else if (cutter.phase !== 'lost') {
    found.push(
      fault(
        cutter,
        cutter.phase === 'before' ? 'neither a JSON array nor an object' : 'there is more after the closing bracket',
      ),
    );
    cutter.phase = 'lost';
  }
  return false;
}

function stepBetween(cutter: Cutter, byte: number): boolean {
  if (byte === COMMA) return false;
  if (isClosing(byte)) {
    cutter.phase = 'after';
    return false;
  }
  Object.assign(cutter, { phase: 'element', startLine: cutter.line, depth: 0, inString: false, escaped: false });
  stepInElement(cutter, byte);
  return true;
}

/** True when the element ended before this byte. */
function stepInElement(cutter: Cutter, byte: number): boolean {
  if (cutter.inString) return stepInString(cutter, byte);
  if (byte === QUOTE) cutter.inString = true;
  else if (isOpening(byte)) cutter.depth++;
  else if (isClosing(byte) && cutter.depth-- === 0) cutter.phase = 'after';
  else if (byte === COMMA && cutter.depth === 0) cutter.phase = 'between';
  return cutter.phase !== 'element';
}

/** A raw line end cannot stand in a JSON string: an unclosed one ends there, and later elements are still found. */
function stepInString(cutter: Cutter, byte: number): false {
  if (byte === NEWLINE) cutter.inString = false;
  else if (cutter.escaped) cutter.escaped = false;
  else if (byte === BACKSLASH) cutter.escaped = true;
  else if (byte === QUOTE) cutter.inString = false;
  return false;
}

function finish(cutter: Cutter): RawRecord {
  const record = cutter.gathered.take(`${cutter.name}:${cutter.startLine}`, cutter.startLine);
  return cutter.members && record.kind === 'bytes' ? member(record) : record;
}

const keyAndColon = /^("(?:[^"\\]|\\.)*")\s*:\s*/s;

/** `"key": value` taken apart. Bytes as latin1 have the same length, so that the value is not copied. */
function member(record: Extract<RawRecord, { kind: 'bytes' }>): RawRecord {
  const match = keyAndColon.exec(Buffer.from(record.bytes).toString('latin1'));
  const key = match === null ? null : parsedKey(match[1] ?? '');
  if (match === null || key === null) return broken(record.where, 'bad_json', 'expected "key": value');
  return { ...record, key, bytes: record.bytes.subarray(match[0].length) };
}

function parsedKey(quoted: string): string | null {
  const bytes = Buffer.from(quoted, 'latin1');
  try {
    return isUtf8(bytes) ? (JSON.parse(bytes.toString('utf8')) as string) : null;
  } catch {
    return null;
  }
}

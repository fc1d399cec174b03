/**
 * Deterministic CBOR, RFC 8949 section 4.2.1: the shortest form of every integer, length and float, no indefinite
 * lengths, map keys in the bytewise order of their encodings. Equal values give equal bytes, so bytes can be hashed.
 * Decoding is cbor-x's.
 */
import { grow, writeBigInt, writeByte, writeBytes, writeHead, writeNumber } from './cbor-sink.ts';
import type { Sink } from './cbor-sink.ts';

/** Members that are undefined are left out. A number that is a safe integer is a CBOR integer, any other a float. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<CborValue, CborValue>
  | Spliced
  | { readonly [key: string]: CborValue | undefined };

/** An encoding that is finished but for one value. */
export interface Splice {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Such an encoding with its value: written at the price of the value and a copy. */
export class Spliced {
  readonly splice: Splice;
  readonly value: CborValue;

  constructor(splice: Splice, value: CborValue) {
    this.splice = splice;
    this.value = value;
  }
}

/** Stands where the value will be, and is told where that is. */
class Gap extends Spliced {
  at = 0;

  constructor() {
    super({ before: NOTHING, after: NOTHING }, null);
  }
}

const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const SHORT = 48;
const NOTHING = new Uint8Array();

/** Heads of the event log repeat the same few keys hundreds of times each. */
const encodingByKey = new Map<string, Uint8Array>();
const MOST_KEYS = 512;

/** Throws RangeError for an integer outside 64 bits, TypeError for text that is not well-formed and for a map with equal keys. */
export function encodeCbor(value: CborValue): Uint8Array {
  const sink: Sink = { buffer: Buffer.allocUnsafe(256), length: 0 };
  writeValue(sink, value);
  return sink.buffer.subarray(0, sink.length);
}

/** Encodes what `make` builds around a value that is not known yet; the value must not be the key of a map. */
export function encodeAround(make: (gap: CborValue) => CborValue): Splice {
  const sink: Sink = { buffer: Buffer.allocUnsafe(512), length: 0 };
  const gap = new Gap();
  writeValue(sink, make(gap));
  return { before: sink.buffer.subarray(0, gap.at), after: sink.buffer.subarray(gap.at, sink.length) };
}

function writeValue(sink: Sink, value: CborValue): void {
  if (typeof value === 'string') return writeText(sink, value);
  if (typeof value === 'number') return writeNumber(sink, value);
  if (typeof value === 'bigint') return writeBigInt(sink, value);
  if (typeof value === 'boolean') return writeByte(sink, value ? TRUE : FALSE);
  return value === null ? writeByte(sink, NULL) : writeObject(sink, value);
}

function writeObject(sink: Sink, value: Extract<CborValue, object>): void {
  if (value instanceof Uint8Array) return writeBytes(sink, value);
  if (isArray(value)) return writeArray(sink, value);
  if (value instanceof Spliced) return writeSpliced(sink, value);
  return isMap(value) ? writeMap(sink, value) : writeRecord(sink, value);
}

function writeSpliced(sink: Sink, spliced: Spliced): void {
  if (spliced instanceof Gap) {
    spliced.at = sink.length;
    return;
  }
  const { splice, value } = spliced;
  copyInto(sink, splice.before);
  writeValue(sink, value);
  copyInto(sink, splice.after);
}

function copyInto(sink: Sink, bytes: Uint8Array): void {
  const at = grow(sink, bytes.length);
  sink.buffer.set(bytes, at);
}

const isArray = (value: object): value is readonly CborValue[] => Array.isArray(value);
const isMap = (value: object): value is ReadonlyMap<CborValue, CborValue> => value instanceof Map;

function writeText(sink: Sink, text: string): void {
  if (text.length < SHORT && writeAscii(sink, text)) return;
  if (!text.isWellFormed()) throw new TypeError('text with a lone surrogate is not UTF-8');
  const length = Buffer.byteLength(text);
  writeHead(sink, TEXT, length);
  const at = grow(sink, length);
  sink.buffer.write(text, at, length, 'utf8');
}

/** Keys and words are short and ASCII: a loop here costs a quarter of the calls into Buffer. False, with nothing written, if not. */
function writeAscii(sink: Sink, text: string): boolean {
  const start = sink.length;
  writeHead(sink, TEXT, text.length);
  const at = grow(sink, text.length);
  const { buffer } = sink;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      sink.length = start;
      return false;
    }
    buffer[at + index] = unit;
  }
  return true;
}

function writeArray(sink: Sink, items: readonly CborValue[]): void {
  writeHead(sink, ARRAY, items.length);
  for (const item of items) writeValue(sink, item);
}

type CborRecord = { readonly [key: string]: CborValue | undefined };

function writeRecord(sink: Sink, record: CborRecord): void {
  const keys = Object.keys(record);
  const { count, isInOrder } = survey(record, keys);
  writeHead(sink, MAP, count);
  for (const key of isInOrder ? keys : keys.toSorted(compareKeys)) {
    const value = record[key];
    if (value === undefined) continue;
    writeKey(sink, encodedKey(key));
    writeValue(sink, value);
  }
}

/** Who writes the members in order in the source pays for no sorting. */
function survey(record: CborRecord, keys: readonly string[]): { readonly count: number; readonly isInOrder: boolean } {
  let count = 0;
  let isInOrder = true;
  let previous: Uint8Array = NOTHING;
  for (const key of keys) {
    if (record[key] === undefined) continue;
    const encoded = encodedKey(key);
    isInOrder &&= compareBytes(previous, encoded) < 0;
    previous = encoded;
    count += 1;
  }
  return { count, isInOrder };
}

function writeKey(sink: Sink, key: Uint8Array): void {
  const at = grow(sink, key.length);
  const { buffer } = sink;
  for (let index = 0; index < key.length; index += 1) buffer[at + index] = key[index] ?? 0;
}

const compareKeys = (a: string, b: string): number => compareBytes(encodedKey(a), encodedKey(b));

/** Mostly decided by the first byte, which holds the length; a call into Buffer.compare would cost more. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < a.length && index < b.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function encodedKey(key: string): Uint8Array {
  const known = encodingByKey.get(key);
  if (known) return known;
  const encoded = encodeCbor(key);
  if (key.length < SHORT && encodingByKey.size < MOST_KEYS) encodingByKey.set(key, encoded);
  return encoded;
}

function writeMap(sink: Sink, map: ReadonlyMap<CborValue, CborValue>): void {
  const pairs = Array.from(map, ([key, value]) => [encodeCbor(key), value] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  writeHead(sink, MAP, pairs.length);
  let previous: Uint8Array | null = null;
  for (const [key, value] of pairs) {
    if (previous && Buffer.compare(previous, key) === 0)
      throw new TypeError('two keys of a map have the same encoding');
    previous = key;
    copyInto(sink, key);
    writeValue(sink, value);
  }
}

/** Bytes that grow at their end, and what CBOR writes without knowing of anything else: lengths, numbers, byte strings. */
import { halfBits } from './half-float.ts';

export interface Sink {
  buffer: Buffer;
  length: number;
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const HALF = 0xf9;
const SINGLE = 0xfa;
const DOUBLE = 0xfb;
const LARGEST = 2n ** 64n - 1n;

/** Makes room for `more` bytes and gives the position where they start. */
export function grow(sink: Sink, more: number): number {
  const start = sink.length;
  sink.length = start + more;
  if (sink.length <= sink.buffer.length) return start;
  const larger = Buffer.allocUnsafe(Math.max(sink.length, sink.buffer.length * 2));
  sink.buffer.copy(larger, 0, 0, start);
  sink.buffer = larger;
  return start;
}

export function writeByte(sink: Sink, byte: number): void {
  const at = grow(sink, 1);
  sink.buffer[at] = byte;
}

/** Major type and argument, in the fewest bytes. */
export function writeHead(sink: Sink, major: number, argument: number): void {
  const type = major << 5;
  if (argument < 24) return writeByte(sink, type | argument);
  if (argument < 0x100) return writeByteAndUint(sink, type | 24, 1, argument);
  if (argument < 0x10000) return writeByteAndUint(sink, type | 25, 2, argument);
  if (argument < 0x100000000) return writeByteAndUint(sink, type | 26, 4, argument);
  writeByteAndUint(sink, type | 27, 4, Math.floor(argument / 0x100000000));
  const at = grow(sink, 4);
  sink.buffer.writeUInt32BE(argument % 0x100000000, at);
}

function writeByteAndUint(sink: Sink, byte: number, size: 1 | 2 | 4, argument: number): void {
  const at = grow(sink, 1 + size);
  sink.buffer[at] = byte;
  for (let index = size, rest = argument; index > 0; index -= 1, rest >>>= 8) sink.buffer[at + index] = rest;
}

export function writeNumber(sink: Sink, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return writeFloat(sink, value);
  return value >= 0 ? writeHead(sink, UNSIGNED, value) : writeHead(sink, NEGATIVE, -1 - value);
}

function writeFloat(sink: Sink, value: number): void {
  const half = halfBits(value);
  const size = half !== null ? 2 : Object.is(Math.fround(value), value) ? 4 : 8;
  writeByte(sink, size === 2 ? HALF : size === 4 ? SINGLE : DOUBLE);
  const at = grow(sink, size);
  if (half !== null) sink.buffer.writeUInt16BE(half, at);
  else if (size === 4) sink.buffer.writeFloatBE(value, at);
  else sink.buffer.writeDoubleBE(value, at);
}

export function writeBigInt(sink: Sink, value: bigint): void {
  const [major, argument] = value >= 0n ? [UNSIGNED, value] : [NEGATIVE, -1n - value];
  if (argument > LARGEST) throw new RangeError('an integer beyond 64 bits has no place in CBOR without a tag');
  if (argument <= 0xffffffffn) return writeHead(sink, major, Number(argument));
  const at = grow(sink, 9);
  sink.buffer[at] = (major << 5) | 27;
  sink.buffer.writeBigUInt64BE(argument, at + 1);
}

export function writeBytes(sink: Sink, bytes: Uint8Array): void {
  writeHead(sink, BYTES, bytes.length);
  const at = grow(sink, bytes.length);
  sink.buffer.set(bytes, at);
}

import { Decoder } from 'cbor-x';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAround, encodeCbor, Spliced } from '../../src/core/cbor.ts';
import type { CborValue } from '../../src/core/cbor.ts';

const hex = (value: CborValue): string => Buffer.from(encodeCbor(value)).toString('hex');
const decode = (value: CborValue): unknown => new Decoder({ useRecords: false }).decode(encodeCbor(value));
const map = (...pairs: [CborValue, CborValue][]): CborValue => new Map(pairs);

/** RFC 8949 appendix A without what deterministic encoding excludes (indefinite lengths) and what we lack (tags, undefined, simple values). */
const APPENDIX_A: readonly (readonly [CborValue, string])[] = [
  [0, '00'],
  [1, '01'],
  [10, '0a'],
  [23, '17'],
  [24, '1818'],
  [25, '1819'],
  [100, '1864'],
  [1000, '1903e8'],
  [1000000, '1a000f4240'],
  [1000000000000, '1b000000e8d4a51000'],
  [18446744073709551615n, '1bffffffffffffffff'],
  [-18446744073709551616n, '3bffffffffffffffff'],
  [-1, '20'],
  [-10, '29'],
  [-100, '3863'],
  [-1000, '3903e7'],
  [-0, 'f98000'],
  [1.1, 'fb3ff199999999999a'],
  [1.5, 'f93e00'],
  [100000.5, 'fa47c35040'],
  [3.4028234663852886e38, 'fa7f7fffff'],
  [1e300, 'fb7e37e43c8800759c'],
  [5.960464477539063e-8, 'f90001'],
  [0.00006103515625, 'f90400'],
  [-4.1, 'fbc010666666666666'],
  [Infinity, 'f97c00'],
  [NaN, 'f97e00'],
  [-Infinity, 'f9fc00'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  [new Uint8Array(), '40'],
  [Uint8Array.of(1, 2, 3, 4), '4401020304'],
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['\u00fc', '62c3bc'],
  ['\u6c34', '63e6b0b4'],
  ['\ud800\udd51', '64f0908591'],
  [[], '80'],
  [[1, 2, 3], '83010203'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [Array.from({ length: 25 }, (_, index) => index + 1), '98190102030405060708090a0b0c0d0e0f101112131415161718181819'],
  [{}, 'a0'],
  [map([1, 2], [3, 4]), 'a201020304'],
  [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  [['a', { b: 'c' }], '826161a161626163'],
  [{ a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' }, 'a56161614161626142616361436164614461656145'],
];

const leaf = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
);
const key = fc.string({ unit: 'binary', maxLength: 30 }).filter((name) => name !== '__proto__');
const values = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(key, tie('value'), { noNullPrototype: true }),
  ),
})).value;

/** What cbor-x gives back: bytes as Buffer, 64-bit integers as bigint. */
function normal(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value;
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normal(member)]));
}

describe('deterministic CBOR', () => {
  test.each(APPENDIX_A)('%s is encoded as RFC 8949 appendix A says', (value, expected) => {
    expect(hex(value)).toBe(expected);
  });

  test('cbor-x reads back every value that we encode', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(normal(decode(value))).toStrictEqual(normal(value));
      }),
      { numRuns: 500 },
    );
  });

  test('an encoding around a gap, with its value, is that of the whole', () => {
    fc.assert(
      fc.property(values, values, values, (before, value, after) => {
        const splice = encodeAround((gap) => [before, { a: before, bb: gap, ccc: after }]);
        expect(encodeCbor(new Spliced(splice, value))).toStrictEqual(
          encodeCbor([before, { a: before, bb: value, ccc: after }]),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('the order in which members were added does not show', () => {
    const entries = fc.uniqueArray(fc.tuple(key, leaf), { selector: ([name]) => name, maxLength: 20 });
    fc.assert(
      fc.property(entries, (pairs) => {
        expect(hex(Object.fromEntries(pairs))).toBe(hex(Object.fromEntries(pairs.toReversed())));
      }),
    );
  });

  test('keys stand in the bytewise order of their encodings, whatever a map or an object held them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), (names) => {
        const sorted = names.toSorted((a, b) => Buffer.compare(encodeCbor(a), encodeCbor(b)));
        const body = sorted.map((name) => `${hex(name)}f6`).join('');
        const pairs = names.map((name) => [name, null] as const);
        expect(hex(Object.fromEntries(pairs)).endsWith(body)).toBe(true);
        expect(hex(new Map(pairs))).toBe(hex(Object.fromEntries(pairs)));
      }),
    );
  });

  test('a float takes the fewest bits that hold it', () => {
    fc.assert(
      fc.property(fc.double({ noInteger: true, noNaN: true }), (value) => {
        const bytes = encodeCbor(value).length;
        expect(bytes === 9).toBe(!Object.is(Math.fround(value), value));
      }),
    );
  });

  test('members without a value are left out', () => {
    expect(hex({ a: undefined, b: 1 })).toBe('a1616201');
  });

  test('what has no deterministic form is refused', () => {
    expect(() => encodeCbor(2n ** 64n)).toThrow(RangeError);
    expect(() => encodeCbor(-(2n ** 64n) - 1n)).toThrow(RangeError);
    expect(() => encodeCbor('\ud800')).toThrow(TypeError);
    expect(() => encodeCbor(map([1, null], [1n, null]))).toThrow(TypeError);
  });
});

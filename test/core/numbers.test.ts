import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactDecimal, isExactNumber, sameNumber } from '../../src/core/json/numbers.ts';

test('numbers are equal as exact decimals, whatever their spelling', () => {
  for (const [a, b] of [
    ['1', '1.0'],
    ['1', '10e-1'],
    ['1', '0.01E+2'],
    ['-0', '0'],
    ['0', '0.0e99'],
    ['1e2', '100'],
    ['1e400', '10e399'],
    ['1.50', '15e-1'],
  ] as const) {
    expect(sameNumber(a, b), `${a} ${b}`).toBe(true);
  }
  for (const [a, b] of [
    ['1', '-1'],
    ['12345678901234567890', '12345678901234567891'],
    ['1e400', '1e401'],
    ['0.1', '0.1000000000000000055511151231257827'],
    ['1e-400', '0'],
  ] as const) {
    expect(sameNumber(a, b), `${a} ${b}`).toBe(false);
  }
});

test('exponents of any length are compared exactly', () => {
  const nines = '9'.repeat(40);
  expect(sameNumber(`10e${nines}`, `1e1${'0'.repeat(40)}`)).toBe(true);
  expect(sameNumber(`10e-1${'0'.repeat(40)}`, `1e-${nines}`)).toBe(true);
  expect(sameNumber(`0.1e1${'0'.repeat(40)}`, `1e${nines}`)).toBe(true);
  expect(sameNumber(`1e${nines}`, `1e${nines}0`)).toBe(false);
  expect(sameNumber(`1e000${nines}`, `1e+${nines}`)).toBe(true);
  expect(sameNumber('10e999999999999999', '1e1000000000000000')).toBe(true);
});

const spelled = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fc.stringMatching(/^(?:\.[0-9]{1,6})?$/),
    fc.integer({ min: -30, max: 30 }),
  )
  .map(([sign, whole, fraction, exponent]) => ({
    text: `${sign}${whole}${fraction}e${exponent}`,
    scaled: scale(sign, String(whole), fraction.slice(1), exponent),
  }));

/** The number times 10^40, exactly. */
const scale = (sign: string, whole: string, fraction: string, exponent: number): bigint =>
  BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(40 - fraction.length + exponent);

test('two spellings are equal exactly when the numbers are', () => {
  fc.assert(
    fc.property(spelled, spelled, fc.nat(5), (a, b, zeros) => {
      expect(sameNumber(a.text, b.text)).toBe(a.scaled === b.scaled);
      expect(exactDecimal(a.text.replace('e', `${a.text.includes('.') ? '' : '.'}${'0'.repeat(zeros + 1)}e`))).toBe(
        exactDecimal(a.text),
      );
    }),
  );
});

test('a number is exact when a double gives it back', () => {
  for (const raw of ['1', '0.1', '1.50', '-0', '9007199254740992', '1e21', '5e-324'])
    expect(isExactNumber(raw), raw).toBe(true);
  for (const raw of [
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1000000000000000055',
    '12345678901234567890',
  ]) {
    expect(isExactNumber(raw), raw).toBe(false);
  }
});

test('numbers of millions of digits take time linear in their length', () => {
  const zeros = '0'.repeat(2_000_000);
  expect(sameNumber(`1${zeros}e-${zeros}2000000`, '1')).toBe(true);
  expect(exactDecimal(`10e${'9'.repeat(2_000_000)}`)).toBe(`1e1${zeros}`);
});

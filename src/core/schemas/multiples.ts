/**
 * `multipleOf` on decimals as they are written. By doubles 19.99 is no multiple of 0.01, because 19.99 / 0.01 is
 * 1998.9999999999998, and a price would be refused.
 */
import { exactDecimal } from '../json/numbers.ts';

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const decimalOf = (value: number): Decimal => {
  const [digits = '0', exponent = '0'] = exactDecimal(String(value)).split('e');
  return { digits: BigInt(digits), exponent: Number(exponent) };
};

/** A double stands for the shortest decimal that gives it. What is beyond doubles (1e400) is no known multiple of anything. */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  if (!Number.isFinite(value)) return false;
  const [a, b] = [decimalOf(value), decimalOf(divisor)];
  const shift = Math.min(a.exponent, b.exponent);
  const scaled = ({ digits, exponent }: Decimal): bigint => digits * 10n ** BigInt(exponent - shift);
  return scaled(a) % scaled(b) === 0n;
}

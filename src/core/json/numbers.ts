/**
 * JSON numbers as the exact decimals that they spell: 1.0 = 1 = 10e-1, while 12345678901234567890 and …891 differ although
 * they share a double. Every number has one normal form, digits without outer zeros and an exponent of ten, which costs
 * time linear in its length, however large the exponent is.
 */

const spelled = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?)(\d+))?$/;

/** `-123e4` for -1230000: equal exactly when the numbers are. The argument is a JSON number as spelled. */
export function exactDecimal(raw: string): string {
  const [, sign, whole = '', fraction = '', exponentSign, exponent = '0'] = spelled.exec(raw) ?? [];
  const all = whole + fraction;
  const first = firstNot(all, '0');
  if (first === all.length) return '0';
  const end = lastNot(all, '0') + 1;
  const shift = all.length - end - fraction.length;
  return `${sign}${all.slice(first, end)}e${addSmall(exponentSign === '-', exponent, shift)}`;
}

/** Whether two JSON numbers, as spelled, are equal. Zero has no sign. */
export const sameNumber = (a: string, b: string): boolean => a === b || exactDecimal(a) === exactDecimal(b);

/** Whether reading this number as a double and writing it again gives an equal number: false for 2^53 + 1 and for 1e400. */
export function isExactNumber(raw: string): boolean {
  const double = Number(raw);
  return Number.isFinite(double) && sameNumber(raw, String(double));
}

/** Index of the first character that is not this one; the length when there is none. Linear, unlike /0*$/. */
function firstNot(text: string, character: string): number {
  let at = 0;
  while (text[at] === character) at++;
  return at;
}

function lastNot(text: string, character: string): number {
  let at = text.length - 1;
  while (text[at] === character) at--;
  return at;
}

/** Digits that a double adds exactly. */
const CHUNK = 15;

/** ±exponent + shift, where the exponent may have a million digits and the shift is at most a document long. */
function addSmall(negative: boolean, exponent: string, shift: number): string {
  const digits = exponent.slice(firstNot(exponent, '0'));
  if (digits.length <= CHUNK) return String((negative ? -1 : 1) * Number(digits) + shift);
  const sum = addToLong(digits, negative ? -shift : shift);
  return negative ? `-${sum}` : sum;
}

/** A long magnitude plus a small number: only the last digits and a carry change. */
function addToLong(digits: string, small: number): string {
  const head = digits.slice(0, -CHUNK);
  const tail = Number(digits.slice(-CHUNK)) + small;
  const limit = 10 ** CHUNK;
  const carry = Math.floor(tail / limit);
  const low = String(tail - carry * limit).padStart(CHUNK, '0');
  const sum = `${carry === 0 ? head : step(head, carry === 1 ? '9' : '0', carry)}${low}`;
  return sum.slice(firstNot(sum, '0'));
}

/** Adds 1 or -1 to a long magnitude: runs of `rolling` at its end roll over. */
function step(digits: string, rolling: '9' | '0', by: number): string {
  const at = lastNot(digits, rolling);
  const rolled = (rolling === '9' ? '0' : '9').repeat(digits.length - at - 1);
  if (at < 0) return `1${rolled}`;
  return `${digits.slice(0, at)}${Number(digits[at]) + by}${rolled}`;
}

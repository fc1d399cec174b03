const QUIET_NAN = 0x7e00;
const INFINITE = 0x7c00;
/** Difference of the exponents' biases: 127 in single precision, 15 in half. */
const REBIAS = 112;

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of the half-precision float (IEEE 754 binary16) that equals the value, or null when there is none. */
export function halfBits(value: number): number | null {
  if (Number.isNaN(value)) return QUIET_NAN;
  if (!Object.is(Math.fround(value), value)) return null;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const magnitude = halfMagnitude((bits >>> 23) & 0xff, bits & 0x7fffff);
  return magnitude === null ? null : ((bits >>> 16) & 0x8000) | magnitude;
}

/** From exponent and fraction as single precision has them. */
function halfMagnitude(exponent: number, fraction: number): number | null {
  if (exponent === 0) return fraction === 0 ? 0 : null;
  if (exponent === 255) return INFINITE;
  const halfExponent = exponent - REBIAS;
  if (halfExponent >= 31) return null;
  if (halfExponent <= 0) return subnormal(fraction | 0x800000, 14 - halfExponent);
  return (fraction & 0x1fff) === 0 ? (halfExponent << 10) | (fraction >> 13) : null;
}

function subnormal(significand: number, shift: number): number | null {
  const isExact = shift <= 24 && (significand & ((1 << shift) - 1)) === 0;
  return isExact ? significand >> shift : null;
}

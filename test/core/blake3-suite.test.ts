import { expect, test } from 'vitest';
import { digestOf, startDigest } from '../../src/core/digest.ts';
import { digestOnwards } from '../../src/core/growing-digest.ts';
import { withSuite } from './suites.ts';

interface Vectors {
  readonly cases: readonly { readonly input_len: number; readonly hash: string }[];
}

const DIGEST_CHARACTERS = 64;

/** Bytes 0, 1, …, 250, 0, 1, … as the suite says. */
const input = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

/** With its state kept between the pieces. */
function grown(bytes: Uint8Array, size: number): string {
  let soFar = digestOnwards(null, []);
  for (let at = 0; at < bytes.length; at += size) soFar = digestOnwards(soFar.state, [bytes.subarray(at, at + size)]);
  return soFar.digest;
}

withSuite('blake3', (suite) => {
  const { cases } = suite.json('test_vectors.json') as Vectors;

  test('35 lengths are there', () => expect(cases).toHaveLength(35));

  test.each(cases)('$input_len bytes have the digest of the vectors, whole and in pieces', ({ input_len, hash }) => {
    const bytes = input(input_len);
    const expected = hash.slice(0, DIGEST_CHARACTERS);
    expect(digestOf(bytes)).toBe(expected);
    for (const size of [1, 63, 1024, 5000]) {
      const running = startDigest();
      for (let at = 0; at < bytes.length; at += size) running.update(bytes.subarray(at, at + size));
      expect(running.finish()).toBe(expected);
      expect(grown(bytes, size)).toBe(expected);
    }
  });
});

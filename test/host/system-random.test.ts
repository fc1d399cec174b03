import { expect, test } from 'vitest';
import { systemRandom } from '../../src/host/system-random.ts';

test('random bytes have the length that was asked for, are never given twice and stay what they were', () => {
  const given = Array.from({ length: 3000 }, (_, index) => systemRandom(index % 3 === 0 ? 8 : 16 + (index % 90)));
  const before = given.map((bytes) => Buffer.from(bytes).toString('hex'));
  given.forEach((bytes, index) => expect(bytes).toHaveLength(index % 3 === 0 ? 8 : 16 + (index % 90)));
  for (let more = 0; more < 2000; more++) systemRandom(16);
  expect(given.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(before);
  expect(new Set(before.map((text) => text.slice(0, 16))).size).toBe(given.length);
});

import { expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { idOfBody } from '../../src/core/json/body-id.ts';
import { searchTextOf } from '../../src/core/json/search-text.ts';

test('a body names its id by _id, by the rule of the schema, or by id, in this order', () => {
  const byCode = (): string => 'by-code';
  expect(idOfBody({ _id: 'own', id: 'plain' }, byCode)).toBe('own');
  expect(idOfBody({ id: 'plain' }, byCode)).toBe('by-code');
  expect(idOfBody({ id: 'plain' }, () => null)).toBe('plain');
  expect(idOfBody({ id: 'plain' })).toBe('plain');
});

test('an id that is no text is not used, an _id that is none is refused', () => {
  expect(idOfBody({ id: 7 })).toBeNull();
  expect(idOfBody({ name: 'Ada' })).toBeNull();
  expect(() => idOfBody({ _id: 7 })).toThrow(LarderError);
});

test('the text of a document is all its strings, and no keys or numbers', () => {
  expect(searchTextOf({ a: 'one', b: [1, 'two', { c: ['three', null, true] }], d: { e: 'four' } })).toBe(
    'one\ntwo\nthree\nfour',
  );
  expect(searchTextOf({ a: 1 })).toBe('');
});

test('a huge document is found by its first million characters', () => {
  const huge = { a: 'x'.repeat(999_990), b: '😀'.repeat(20), c: 'end' };
  const text = searchTextOf(huge);
  expect(text.length).toBeLessThanOrEqual(1_000_000);
  expect(text).toContain('😀');
  expect(text).not.toContain('end');
  expect(text.isWellFormed()).toBe(true);
});

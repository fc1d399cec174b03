import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeAt, placeOf } from '../../src/core/json/places.ts';
import { formatPointer, parsePointer } from '../../src/core/json/pointer.ts';

const text = '{\n  "name": "i",\n  "price": -5,\r\n  "a/b": [1, {"~": true}]\n}\n';

test('a pointer leads to the line and column of its value', () => {
  expect(placeOf(text, '')).toEqual({ line: 1, column: 1 });
  expect(placeOf(text, '/price')).toEqual({ line: 3, column: 12 });
  expect(placeOf(text, '/a~1b/1/~0')).toEqual({ line: 4, column: 20 });
});

test('what is missing has the place of the container it is missing in', () => {
  expect(placeOf(text, '/a~1b/1/none/deeper')).toEqual({ line: 4, column: 14 });
  expect(placeOf(text, '/a~1b/7')).toEqual({ line: 4, column: 10 });
  expect(placeOf(text, '/none')).toEqual({ line: 1, column: 1 });
  expect(placeOf(text, '/name/x')).toEqual({ line: 2, column: 11 });
});

test('columns count UTF-16 units, a byte order mark takes none, and every line end counts once', () => {
  expect(placeOf('\ufeff{"😀": 1}', '/😀')).toEqual({ line: 1, column: 8 });
  expect(placeAt('a\r\nb\rc\nd', 7)).toEqual({ line: 4, column: 1 });
});

test('pointers are formatted and parsed inversely', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (tokens) => {
      expect(parsePointer(formatPointer(tokens))).toEqual(tokens);
    }),
  );
  expect([parsePointer('a'), parsePointer('/~2'), parsePointer('/~')]).toEqual([null, null, null]);
});

import { expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { editText, withoutMember } from '../../src/core/json/edit-text.ts';
import { layOut } from '../../src/core/json/layout.ts';
import { placeOf } from '../../src/core/json/places.ts';
import { formatPointer } from '../../src/core/json/pointer.ts';
import { readJson } from '../../src/core/json/read-json.ts';
import { isServableSegment } from '../../src/core/names.ts';
import { classify, pathOf } from '../../src/core/refs.ts';
import { decodeSegment, parseDocumentPath } from '../../src/core/url-paths.ts';
import { withSuite } from './suites.ts';

withSuite('naughty-strings', (suite) => {
  const strings = suite.json('blns.json') as string[];

  test('515 strings are there', () => expect(strings).toHaveLength(515));

  test('as an id each is refused by name, or leads to a path that means it', () => {
    const accepted = strings.filter((text) => {
      try {
        const ref = parseDocumentPath(['lod', 'customers', encodeURIComponent(text)]);
        expect(classify(pathOf(ref))).toMatchObject(ref);
        expect(ref.id).toBe(text);
        return true;
      } catch (error) {
        expect(error, text).toBeInstanceOf(LarderError);
        return false;
      }
    });
    for (const text of accepted) expect(isServableSegment(text), text).toBeNull();
    expect(accepted).toHaveLength(197);
  });

  test('decoding a segment gives the string that was encoded', () => {
    const plain = strings.filter((text) => !['', '.', '..'].includes(text) && !/[/\0]/.test(text));
    for (const text of plain) expect(decodeSegment(encodeURIComponent(text))).toBe(text);
  });

  test('as key and as value each survives layout, edits and reading', () => {
    for (const text of strings.filter((one) => one !== '__proto__')) {
      const laidOut = layOut(JSON.stringify({ [text]: text }));
      expect(readJson(Buffer.from(laidOut))).toMatchObject({ kind: 'valid', value: { [text]: text } });
      const added = editText('{\n  "first": 1.0\n}\n', JSON.stringify({ first: 1, [text]: [text] }));
      expect(readJson(Buffer.from(added))).toMatchObject({ value: { first: 1, [text]: [text] } });
      expect(placeOf(added, formatPointer([text, 0])).line).toBe(4);
      expect(withoutMember(added, text)).toBe('{\n  "first": 1.0\n}\n');
    }
  });
});

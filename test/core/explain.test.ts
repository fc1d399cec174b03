import * as fc from 'fast-check';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/core/json/explain.ts';
import { readJson } from '../../src/core/json/read-json.ts';

describe('a syntax error is told with its place and the likely slip', () => {
  const slips: [string, number, number, string][] = [
    ['{"a": 1,\n "b": }', 2, 7, 'a value is missing before }'],
    ['{"a":1,}', 1, 7, 'a comma stands before }'],
    ['{"a":[1,\n]}', 1, 8, 'a comma stands before ]'],
    ['{"a":1\n "b":2}', 2, 2, 'a comma is missing before this: "b"'],
    ['{"a":1,,"b":2}', 1, 8, 'a comma stands here with nothing before it'],
    ['{"a" 1}', 1, 6, 'a colon is missing after the key "a"'],
    ['{"a"::1}', 1, 6, 'a value is missing before :'],
    ['{"a":[1:2]}', 1, 8, 'a colon can only follow a key'],
    ["{'a':1}", 1, 2, 'double quotes'],
    ['{"a":\'x\'}', 1, 6, 'double quotes'],
    ['{a:1}', 1, 2, 'a key in double quotes should stand here, not a'],
    ['{"a":abc}', 1, 6, 'abc needs double quotes'],
    ['{"a":NaN}', 1, 6, 'NaN is not JSON'],
    ['{"a":-Infinity}', 1, 6, '-Infinity is not JSON'],
    ['{"a":True}', 1, 6, 'True is not JSON'],
    ['{"a":01}', 1, 6, 'no leading zeros'],
    ['{"a":+1}', 1, 6, 'no plus sign'],
    ['{"a":.5}', 1, 6, 'both sides of the point'],
    ['{"a":1.}', 1, 6, 'both sides of the point'],
    ['{"a":0x1F}', 1, 6, '0x1F is not a number'],
    ['{"a":1 // no\n}', 1, 8, 'a comment is not JSON'],
    ['{"a":1} # no', 1, 9, 'a comment is not JSON'],
    ['/* no */ {}', 1, 1, 'a comment is not JSON'],
    ['{"a":"x\ny"}', 1, 6, 'a string begins here and is not closed'],
    ['{"a":"x\ty"}', 1, 8, 'is written \\u0009'],
    ['{"a":"\\x"}', 1, 7, '\\x is not an escape'],
    ['{"a":"\\u12"}', 1, 7, 'four hexadecimal digits'],
    ['{"a":1}}', 1, 8, 'the document has ended before this: }'],
    ['{"a":1]', 1, 7, '] cannot close the object that begins in line 1'],
    ['{\n"a":[\n1}', 3, 2, '} cannot close the array that begins in line 2'],
    ['{"a":{"b":1}\r\n', 2, 1, 'the text ends inside the object that begins in line 1'],
    ['{"a"', 1, 5, 'the text ends after the key "a"'],
    ['{"a":', 1, 6, 'the text ends where a value should follow'],
    ['{', 1, 2, 'the text ends where a key should follow'],
    ['{"a":\u00a01}', 1, 6, 'the invisible character U+00A0'],
    ['{"😀":1,"x":}', 1, 13, 'a value is missing'],
  ];
  test.each(slips)('%j', (text, line, column, words) => {
    const [fault] = explain(text, 128);
    expect(fault).toMatchObject({
      code: 'json_syntax',
      line,
      column,
      detail: expect.stringContaining(words) as string,
    });
  });
});

test('a duplicate key is told where it stands the second time, with its pointer', () => {
  expect(explain('{"x":[{"a":1,\n  "a":2}]}', 128)).toMatchObject([
    { code: 'json_duplicate_key', pointer: '/x/0/a', line: 2, column: 3 },
  ]);
});

/** A valid text with a few characters taken out, put in or replaced. */
const damaged = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(200), fc.nat(2), fc.constantFrom(...Array.from('{}[]",:\\ 01.-eEtu\n\t/\0é'))), {
      maxLength: 3,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce(
      (t, [at, cut, put]) => t.slice(0, at % (t.length + 1)) + put + t.slice((at % (t.length + 1)) + cut),
      text,
    ),
  );

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('the reader in words accepts exactly what the fast path accepts', () => {
  fc.assert(
    fc.property(damaged, (text) => {
      const faults = explain(text, 128);
      expect(
        faults.some(({ code }) => code === 'json_syntax' || code === 'json_nul'),
        text,
      ).toBe(!parses(text));
      const document = readJson(Buffer.from(`{"v":${text}}`));
      if (document.kind === 'valid') expect(faults).toEqual([]);
      else expect(document.faults[0]?.line).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

test('its first syntax error stands where jsonc-parser sees one, or at the beginning of the word, string or gap around it', () => {
  fc.assert(
    fc.property(damaged, (text) => {
      const fault = explain(text, 128).find(({ code }) => code === 'json_syntax');
      const theirs = firstErrorOf(text);
      if (fault === undefined || theirs === null) return;
      const ours = offsetOf(text, fault.line ?? 1, fault.column ?? 1);
      const around = /^,?\s*(?:"[^"\n]*|[^\s,:[\]{}"]*)/.exec(text.slice(ours))?.[0].length ?? 0;
      expect(ours, text).toBeLessThanOrEqual(theirs.offset + theirs.length);
      expect(theirs.offset, text).toBeLessThanOrEqual(ours + around);
    }),
    { numRuns: 2000 },
  );
});

interface TheirError {
  readonly offset: number;
  readonly length: number;
  readonly code: string;
}

function firstErrorOf(text: string): TheirError | null {
  const errors: TheirError[] = [];
  visit(
    text,
    { onError: (code, offset, length) => errors.push({ offset, length, code: printParseErrorCode(code) }) },
    { disallowComments: true },
  );
  return errors.toSorted((a, b) => a.offset - b.offset)[0] ?? null;
}

function offsetOf(text: string, line: number, column: number): number {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((match) => match.index + match[0].length)];
  return (starts[line - 1] ?? 0) + column - 1;
}

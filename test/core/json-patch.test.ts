import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { diffPatch } from '../../src/core/json/diff-patch.ts';
import { equalJson } from '../../src/core/json/equal.ts';
import { jsonPatch } from '../../src/core/json/json-patch.ts';
import { readJson } from '../../src/core/json/read-json.ts';
import { objectAndNext, oddDocument } from './arbitrary-json.ts';

function refusal(document: string, patch: string): LarderError {
  try {
    jsonPatch(document, patch);
  } catch (error) {
    if (error instanceof LarderError) return error;
    throw error;
  }
  throw new Error('it was applied');
}

test('a patch edits the text politely and keeps every digit', () => {
  const before = '{\n\t"rate": 1.0,\n\t"big": 12345678901234567890,\n\t"list": [1, 2]\n}\n';
  const patch =
    '[{"op":"add","path":"/list/-","value":3.10},{"op":"move","from":"/big","path":"/huge"},{"op":"test","path":"/rate","value":1}]';
  expect(jsonPatch(before, patch)).toBe(
    '{\n\t"rate": 1.0,\n\t"list": [1, 2, 3.10],\n\t"huge": 12345678901234567890\n}\n',
  );
});

test('a patch that changes nothing answers the very same text', () => {
  const text = '{ "a" : 1.0 }';
  expect(
    jsonPatch(
      text,
      '[{"op":"replace","path":"/a","value":1},{"op":"add","path":"/b","value":2},{"op":"remove","path":"/b"}]',
    ),
  ).toBe(text);
});

test('a copy is a value of its own', () => {
  const patch =
    '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/x","value":2},{"op":"copy","from":"/b","path":"/b/y"}]';
  expect(equalJson(jsonPatch('{"a":{"x":1}}', patch), '{"a":{"x":1},"b":{"x":2,"y":{"x":2}}}')).toBe(true);
});

describe('a patch that does not apply names the operation and the place', () => {
  const cases: [string, string, string][] = [
    [
      'a missing member',
      '[{"op":"test","path":"/a","value":1},{"op":"remove","path":"/none"}]',
      'operation 1 (remove): nothing is at /none',
    ],
    ['a failed test', '[{"op":"test","path":"/a","value":"1"}]', 'operation 0 (test): the value at /a is another'],
    [
      'a position beyond the array',
      '[{"op":"add","path":"/l/3","value":0}]',
      'operation 0 (add): /l/3 is no position of the array, which has 2 items',
    ],
    [
      'a way through a number',
      '[{"op":"add","path":"/a/b/c","value":0}]',
      'operation 0 (add): /a is neither object nor array',
    ],
    [
      'the whole document removed',
      '[{"op":"remove","path":""}]',
      'operation 0 (remove): the whole document cannot be removed',
    ],
    [
      'a value moved into itself',
      '[{"op":"move","from":"/o","path":"/o/x"}]',
      'operation 0 (move): a value cannot move into itself',
    ],
  ];
  test.each(cases)('%s', (_, patch, message) => {
    const error = refusal('{"a":1,"l":[1,2],"o":{}}', patch);
    expect(error.code).toBe('patch_failed');
    expect(error.errors[0]).toMatchObject({ detail: expect.stringContaining(message) as string });
    expect(error.errors[0]?.pointer).toBeDefined();
  });
});

describe('a malformed patch is refused before anything is applied', () => {
  const cases: [string, string, string, string][] = [
    ['an object', '{"op":"add"}', 'bad_patch', ''],
    ['an operation that is none', '[1]', 'bad_patch', '/0'],
    ['an unknown op', '[{"op":"add","path":"/x","value":1},{"op":"spam","path":""}]', 'bad_patch', '/1/op'],
    ['a path that is no pointer', '[{"op":"remove","path":"a"}]', 'bad_patch', '/0/path'],
    ['a bad escape in a pointer', '[{"op":"remove","path":"/~2"}]', 'bad_patch', '/0/path'],
    ['no value', '[{"op":"add","path":"/a"}]', 'bad_patch', '/0/value'],
    ['no from', '[{"op":"copy","path":"/a"}]', 'bad_patch', '/0/from'],
    ['two ops in one', '[{"op":"add","path":"/a","value":1,"op":"remove"}]', 'bad_json', '/0/op'],
    ['no JSON', '[{"op":"add",]', 'bad_json', ''],
  ];
  test.each(cases)('%s', (_, patch, code, pointer) => {
    const error = refusal('{}', patch);
    expect(error.code).toBe(code);
    expect(error.errors[0]?.pointer ?? '').toBe(pointer);
  });
  test('more than 10,000 operations', () => {
    const operations = Array.from({ length: 10_001 }, () => '{"op":"test","path":"","value":{}}');
    expect(refusal('{}', `[${operations.join(',')}]`).code).toBe('bad_patch');
  });
});

test('copies that double again and again are stopped', () => {
  const operations = Array.from({ length: 60 }, (_, n) => `{"op":"copy","from":"/a","path":"/a/c${n}"}`);
  expect(refusal('{"a":{"b":"text"}}', `[${operations.join(',')}]`).code).toBe('too_large');
});

test('values moved into each other without end are stopped', () => {
  const wrap =
    '{"op":"add","path":"/t","value":{}},{"op":"move","from":"/a","path":"/t/a"},{"op":"move","from":"/t","path":"/a"}';
  const patch = `[{"op":"add","path":"/a/x","value":1},${Array.from({ length: 3000 }, () => wrap).join(',')}]`;
  expect(refusal('{"a":{}}', patch).code).toBe('patch_failed');
});

test('a document far larger than the stack has many items added and taken away', () => {
  const items = JSON.stringify({ list: Array.from({ length: 200_000 }, (_, n) => n) });
  const patch = '[{"op":"remove","path":"/list/100000"},{"op":"add","path":"/list/0","value":-1}]';
  const patched = readJson(Buffer.from(jsonPatch(items, patch)));
  expect(patched.kind === 'valid' && (patched.value['list'] as number[]).slice(0, 2)).toEqual([-1, 0]);
});

test('a diff applied to the old text gives the new value', () => {
  fc.assert(
    fc.property(oddDocument, oddDocument, (a, b) => {
      const patched = jsonPatch(a, diffPatch(a, b));
      expect(equalJson(patched, b), `${diffPatch(a, b)} gave ${patched}`).toBe(true);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(objectAndNext, ({ before, after }) => {
      const [a, b] = [JSON.stringify(before, null, 2), JSON.stringify(after)];
      expect(equalJson(jsonPatch(a, diffPatch(a, b)), b)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe('a diff is small', () => {
  const check = (a: string, b: string, patch: string): void => expect(diffPatch(a, b)).toBe(patch);
  test('equal texts have none', () => check('{"a":1.0,"b":2}', '{"b":2e0,"a":1}', '[]'));
  test('one member changed, spelled as in the new text', () =>
    check(
      '{"a":{"b/c":1},"long":"long"}',
      '{"long":"long","a":{"b/c":2.50}}',
      '[{"op":"replace","path":"/a/b~1c","value":2.50}]',
    ));
  test('members gone and come', () =>
    check(
      '{"a":1,"b":2}',
      '{"b":2,"c":{"d":[]}}',
      '[{"op":"remove","path":"/a"},{"op":"add","path":"/c","value":{"d":[]}}]',
    ));
  test('an item put between others', () =>
    check(
      '{"l":["aaaaaaaaaa","bbbbbbbbbb"]}',
      '{"l":["aaaaaaaaaa","x","bbbbbbbbbb"]}',
      '[{"op":"add","path":"/l/1","value":"x"}]',
    ));
  test('a field of one item', () =>
    check(
      '{"l":[{"i":1,"v":"x"},{"i":2,"v":"y"}]}',
      '{"l":[{"i":1,"v":"x"},{"i":2,"v":"z"}]}',
      '[{"op":"replace","path":"/l/1/v","value":"z"}]',
    ));
  test('an array that changed throughout is replaced', () => {
    const numbers = (from: number): string => JSON.stringify({ l: Array.from({ length: 1000 }, (_, n) => n + from) });
    const list = numbers(5000).slice('{"l":'.length, -1);
    check(numbers(0), numbers(5000), `[{"op":"replace","path":"/l","value":${list}}]`);
  });
});

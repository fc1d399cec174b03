import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { parseValid } from '../../src/core/json/exact-value.ts';
import { mergePatch } from '../../src/core/json/merge-patch.ts';
import { jsonObject, type Json } from './arbitrary-json.ts';

/** The pseudo code of RFC 7396 §2. */
function reference(target: Json | undefined, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = new Map(Object.entries(isObject ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, reference(result.get(key), value));
  }
  return Object.fromEntries(result);
}

test('the examples of RFC 7396 that leave a document', () => {
  const examples: [string, string, string][] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{\n  "a": {\n    "bb": {}\n  }\n}'],
  ];
  for (const [target, patch, result] of examples) expect(mergePatch(target, patch), `${target} ${patch}`).toBe(result);
});

test('a merge patch does what the RFC says to any document', () => {
  fc.assert(
    fc.property(jsonObject, jsonObject, fc.constantFrom('', '  ', '\t'), (target, patch, indent) => {
      const merged = mergePatch(JSON.stringify(target, null, indent), JSON.stringify(patch));
      expect(parseValid(merged)).toEqual(reference(target, patch));
    }),
    { numRuns: 1000 },
  );
});

test('only the lines of what is patched change, and no digit of the rest', () => {
  const before = '{\n  "rate": 1.0,\n  "deep": { "big": 12345678901234567890, "v": 1 }\n}\n';
  expect(mergePatch(before, '{"deep":{"v":2.0,"none":null}}')).toBe(
    '{\n  "rate": 1.0,\n  "deep": { "big": 12345678901234567890, "v": 2.0 }\n}\n',
  );
  expect(mergePatch(before, '{"rate":1,"none":null}')).toBe(before);
});

test('a merge patch that would leave no document is refused', () => {
  for (const patch of ['null', '[1]', '"x"']) expect(() => mergePatch('{"a":1}', patch)).toThrow(LarderError);
});

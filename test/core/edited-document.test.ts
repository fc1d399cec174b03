import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDocument, editedOf, tryEdit, type Writing } from '../../src/core/edited-document.ts';
import { readEdited, readJson } from '../../src/core/json/read-json.ts';
import { newBytes } from '../../src/core/new-bytes.ts';
import { jsonObject, oddDocument } from './arbitrary-json.ts';

const nothing = (): [] => [];
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A text of `depth` objects inside each other. */
const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

test('what an edit makes of valid texts is judged as any reader would judge it', () => {
  fc.assert(
    fc.property(oddDocument, jsonObject, fc.boolean(), (before, next, patches) => {
      const change = { op: patches ? 'merge-patch' : 'put', body: encode(next) } as const;
      const current = Buffer.from(before);
      const bytes = newBytes(change, current) ?? new Uint8Array();
      const text = Buffer.from(bytes).toString();
      expect(readEdited(text, bytes)).toEqual(readJson(bytes));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['as deep as a document may be', 128, 'valid'],
  ['one deeper', 129, 'invalid'],
] as const)('a text that is %s', (_name, depth, kind) => {
  const bytes = Buffer.from(nested(depth));
  expect(readEdited(nested(depth), bytes).kind).toBe(kind);
  expect(readEdited(nested(depth), bytes)).toStrictEqual(readJson(bytes));
});

test('a patch that makes a document too deep or too large is refused', () => {
  const current = Buffer.from(nested(100));
  const deeper = Buffer.from(nested(100).replace('{}', `{"a":${nested(40)}}`));
  expect(() => editDocument({ op: 'merge-patch', body: deeper }, current, nothing)).toThrow(/nested|deep/);
  const half = encode({ a: 'x'.repeat(9 * 1024 * 1024) });
  const other = encode({ b: 'x'.repeat(9 * 1024 * 1024) });
  expect(() => editDocument({ op: 'merge-patch', body: other }, half, nothing)).toThrow(/at most/);
});

test('a JSON Patch that brings a key twice is refused, as it is in a document', () => {
  const body = Buffer.from('[{"op": "add", "path": "/a", "value": {"x": 1, "x": 2}}]');
  expect(() => editDocument({ op: 'json-patch', body }, encode({}), nothing)).toThrow(/twice|x/);
});

const cases: readonly [string, Writing, Uint8Array | null][] = [
  ['a body that is no JSON', { op: 'put', body: Buffer.from('{') }, null],
  ['a patch of nothing', { op: 'merge-patch', body: encode({}) }, null],
  ['a patch that does not apply', { op: 'json-patch', body: encode([{ op: 'remove', path: '/no' }]) }, encode({})],
  ['exact bytes that are no document', { op: 'exact', body: Buffer.from('[1]') }, null],
];

test.each(cases)('%s is the same refusal once it has crossed threads', (_name, change, current) => {
  const thrownBy = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  const here = thrownBy(() => editDocument(change, current, nothing));
  const crossed = structuredClone(tryEdit(change, current, nothing));
  expect(here).toBeInstanceOf(Error);
  expect(thrownBy(() => editedOf(crossed))).toStrictEqual(here);
});

import { describe, expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { equalJson } from '../../src/core/json/equal.ts';
import { jsonPatch } from '../../src/core/json/json-patch.ts';
import { withSuite } from './suites.ts';

interface Case {
  readonly comment?: string;
  readonly doc: unknown;
  readonly patch: unknown;
  readonly expected?: unknown;
  readonly error?: string;
  readonly disabled?: boolean;
}

withSuite('json-patch', (suite) => {
  const all = suite.json('tests.json') as Case[];
  const cases = all.filter(({ disabled }) => disabled !== true);
  const named = (list: readonly Case[]): [string, Case][] =>
    list.map((one) => [`${all.indexOf(one)}: ${one.comment ?? one.error ?? JSON.stringify(one.patch)}`, one]);
  const failing = cases.filter(({ error }) => error !== undefined);
  const applying = cases.filter(({ error }) => error === undefined);

  test('95 cases are there: 62 that apply, 30 that fail, 3 disabled', () => {
    expect([all.length, applying.length, failing.length]).toEqual([95, 62, 30]);
  });

  describe.each([undefined, 2, '\t'])('on text laid out with %j', (indent) => {
    test.each(named(applying))('%s', (_, { doc, patch, expected }) => {
      const patched = jsonPatch(JSON.stringify(doc, null, indent), JSON.stringify(patch));
      if (expected !== undefined) expect(equalJson(patched, JSON.stringify(expected)), patched).toBe(true);
    });
  });

  test.each(named(failing))('%s', (_, { doc, patch }) => {
    expect(() => jsonPatch(JSON.stringify(doc), JSON.stringify(patch))).toThrow(LarderError);
  });
});

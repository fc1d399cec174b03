import { describe, expect, test } from 'vitest';
import { readJson, readJsonValue } from '../../src/core/json/read-json.ts';
import { asMember, LEFT_OPEN, REFUSED_BEYOND_THE_GRAMMAR } from './json-parsing-expected.ts';
import { withSuite } from './suites.ts';

withSuite('json-parsing', (suite) => {
  const files = suite.names().filter((name) => name.endsWith('.json'));
  const codeOf = (bytes: Buffer): string | null => {
    const read = readJson(bytes);
    return read.kind === 'valid' ? null : (read.faults[0]?.code ?? 'none');
  };

  test('159 files are there: 48 to accept, 94 to refuse, 17 left open', () => {
    const count = (prefix: string): number => files.filter((name) => name.startsWith(prefix)).length;
    expect([files.length, count('y_'), count('n_'), count('i_')]).toEqual([159, 48, 94, 17]);
  });

  describe('as the member of a document', () => {
    test.each(files.filter((name) => name.startsWith('y_')))('%s is accepted, or refused by name', (name) => {
      expect(codeOf(asMember(suite.bytes(name)))).toBe(REFUSED_BEYOND_THE_GRAMMAR[name] ?? null);
    });
    test.each(files.filter((name) => name.startsWith('n_')))('%s is refused with a place', (name) => {
      const read = readJson(asMember(suite.bytes(name)));
      expect(read.kind).toBe('invalid');
      if (read.kind === 'invalid') expect(read.faults[0]?.line).toBeGreaterThan(0);
    });
    test.each(Object.entries(LEFT_OPEN))('%s: %s', (name, code) => {
      expect(codeOf(asMember(suite.bytes(name)))).toBe(code);
    });
  });

  describe('as a whole file', () => {
    test.each(files.filter((name) => name.startsWith('y_')))(
      '%s is accepted when its top level is an object',
      (name) => {
        const bytes = suite.bytes(name);
        const isObject = bytes.toString().trimStart().startsWith('{');
        expect(codeOf(bytes)).toBe(REFUSED_BEYOND_THE_GRAMMAR[name] ?? (isObject ? null : 'json_top_level'));
        expect(readJsonValue(bytes).kind).toBe(name in REFUSED_BEYOND_THE_GRAMMAR ? 'invalid' : 'valid');
      },
    );
    test.each(files.filter((name) => name.startsWith('n_')))('%s is refused', (name) => {
      expect(readJsonValue(suite.bytes(name)).kind).toBe('invalid');
    });
    test.each(Object.entries(LEFT_OPEN))('%s: %s', (name, code) => {
      const read = readJsonValue(suite.bytes(name));
      expect(read.kind === 'valid' ? null : read.faults[0]?.code).toBe(code);
    });
  });
});

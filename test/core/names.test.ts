import { describe, expect, test } from 'vitest';
import {
  folded,
  isIgnoredDirectory,
  isIgnoredName,
  isServableDirectory,
  isServableSegment,
} from '../../src/core/names.ts';

const check = (segment: string, code: string | null): void =>
  expect(isServableSegment(segment)?.code ?? null, JSON.stringify(segment)).toBe(code);

test('ordinary names are servable, in any script', () => {
  for (const name of [
    'a',
    'c-1001',
    'Größe',
    '東京',
    '😀',
    'a b',
    '100%',
    "o'neill",
    'a,b;c=d',
    'v1.2',
    '~a',
    '%2e%2e',
  ]) {
    check(name, null);
  }
});

describe('each name rule has its own code', () => {
  const cases: [string, string][] = [
    ['', 'name_empty'],
    ['\ud800', 'name_surrogate'],
    ['a\u0000', 'name_control'],
    ['a\nb', 'name_control'],
    ['a\u007f', 'name_control'],
    ['a\u0085', 'name_control'],
    ['.hidden', 'name_dot'],
    ['..', 'name_dot'],
    ['_id', 'name_underscore'],
    ['a.', 'name_ends_in_dot'],
    ['a ', 'name_ends_in_space'],
    ['cafe\u0301', 'name_not_nfc'],
    ['x'.repeat(201), 'name_too_long'],
    ['é'.repeat(101), 'name_too_long'],
    ...['a\\b', 'a:b', 'a*', 'a?', 'a"b', '<a', 'a>', 'a|b', 'a/b'].map((name): [string, string] => [
      name,
      'name_character',
    ]),
    ...['CON', 'con.txt', 'Aux', 'nul.tar.gz', 'COM1', 'lpt9.json', 'com¹', 'prn .x', 'CONIN$'].map(
      (name): [string, string] => [name, 'name_reserved'],
    ),
  ];
  test.each(cases)('%j is refused as %s', check);
  test('names next to a rule are servable', () => {
    for (const name of ['x'.repeat(200), 'é'.repeat(100), 'console', 'com', 'com10', 'nulls', 'a_b', 'a.b', 'aux-1'])
      check(name, null);
  });
});

test('a refusal says what is wrong in words', () => {
  expect(isServableSegment('a\tb')?.detail).toContain('U+0009');
  expect(isServableSegment('con.txt')?.detail).toContain('con is a device on Windows');
  expect(isServableSegment('x'.repeat(300))?.detail).toContain('300 bytes, at most 200');
});

test('a directory never looks like a document, and never has a name that is not looked into', () => {
  expect(isServableDirectory('eu')).toBeNull();
  expect(isServableDirectory('a.json')?.code).toBe('name_directory_ending');
  expect(isServableDirectory('a.JSONL')?.code).toBe('name_directory_ending');
  expect(isServableDirectory('lost+found')?.code).toBe('name_ignored');
  expect(isServableDirectory('.git')?.code).toBe('name_dot');
});

test('files of editors and sync tools are ignored', () => {
  for (const name of [
    'a.json~',
    '.#a.json',
    '#a.json#',
    'a.json.swp',
    'a.swo',
    '4913',
    'a.tmp',
    'a.json.bak',
    '.a.json.Xy12Zz',
    '.DS_Store',
  ]) {
    expect(isIgnoredName(name), name).toBe(true);
  }
  for (const name of ['a.json', '4913.json', 'a~.json', 'tmp', 'bak.json', 'a#b', 'x.tmp.json']) {
    expect(isIgnoredName(name), name).toBe(false);
  }
});

test('only hidden and system directories are not looked into', () => {
  for (const name of ['.git', '.rsync-partial', '.larder', 'lost+found', '@eaDir'])
    expect(isIgnoredDirectory(name), name).toBe(true);
  for (const name of ['4913', 'old.bak', 'x~', 'eu']) expect(isIgnoredDirectory(name), name).toBe(false);
});

test('paths that a file system may take for one fold to one', () => {
  const twins = [
    ['lod/customers/Ada.json', 'LOD/Customers/ADA.json'],
    ['a/b/caf\u00e9.json', 'a/b/cafe\u0301.json'],
    ['a/b/ς.json', 'a/b/Σ.json'],
    ['a/b/straße.json', 'a/b/STRASSE.json'],
    ['a/b/K.json', 'a/b/\u212a.json'],
  ] as const;
  for (const [a, b] of twins) expect(folded(a), `${a} ${b}`).toBe(folded(b));
  expect(folded('a/b/x.json')).not.toBe(folded('a/b/y.json'));
});

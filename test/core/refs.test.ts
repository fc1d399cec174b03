import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isServableDirectory, isServableSegment } from '../../src/core/names.ts';
import { classify, collectionOf, pathOf, pathOfFile, pathOfSchema } from '../../src/core/refs.ts';

describe('a path means one thing', () => {
  const meanings: [string, object][] = [
    ['lod/customers/c-1001.json', { kind: 'document', collection: 'lod/customers', id: 'c-1001' }],
    ['lod/customers/eu/de/c.json', { kind: 'document', collection: 'lod/customers', id: 'eu/de/c' }],
    ['lod/runs/r.jsonl', { kind: 'stream', collection: 'lod/runs', id: 'r.jsonl' }],
    ['lod/runs/a/r.jsonl', { kind: 'stream', collection: 'lod/runs', id: 'a/r.jsonl' }],
    ['lod/customers/_schema.json', { kind: 'schema', collection: 'lod/customers' }],
    ['lod/files/a/photo.jpg', { kind: 'file', collection: 'lod/files', id: 'a/photo.jpg' }],
    ['lod/files/settings.json', { kind: 'file', collection: 'lod/files', id: 'settings.json' }],
    ['lod/files/_schema.json', { kind: 'files-schema', collection: 'lod/files' }],
    ['files/files/x', { kind: 'file', collection: 'files/files', id: 'x' }],
    ['.larder/log/1.log', { kind: 'ignored', why: 'hidden' }],
    ['lod/.git/x.json', { kind: 'ignored', why: 'hidden' }],
    ['lod/customers/.c.json.swp', { kind: 'ignored', why: 'hidden' }],
    ['lod/customers/c.json~', { kind: 'ignored', why: 'temporary' }],
    ['lod/customers/4913', { kind: 'ignored', why: 'temporary' }],
    ['lod/files/x.tmp', { kind: 'ignored', why: 'temporary' }],
    ['lod/customers/readme.md', { kind: 'ignored', why: 'other' }],
    ['lod/customers/c.json.orig', { kind: 'ignored', why: 'other' }],
    ['lod/customers/bad:dir/notes.txt', { kind: 'ignored', why: 'other' }],
    ['README.md', { kind: 'ignored', why: 'other' }],
    ['lod/notes.txt', { kind: 'ignored', why: 'other' }],
    ['lod/2024/4913/x.json', { kind: 'document', collection: 'lod/2024', id: '4913/x' }],
  ];
  test.each(meanings)('%s', (path, meaning) => expect(classify(path)).toEqual(meaning));
});

describe('what ends like a document and cannot be served is a problem', () => {
  const faults: [string, string][] = [
    ['x.json', 'name_outside_collection'],
    ['lod/x.json', 'name_outside_collection'],
    ['lod/x.jsonl', 'name_outside_collection'],
    ['lod/_schema.json', 'name_outside_collection'],
    ['lod/customers/eu/_schema.json', 'name_schema_too_deep'],
    ['lod/customers/_under.json', 'name_underscore'],
    ['lod/_ops/x.json', 'name_underscore'],
    ['lod/customers/colon:x.json', 'name_character'],
    ['lod/customers/rose\u0301.json', 'name_not_nfc'],
    ['lod/customers/new\nline.json', 'name_control'],
    ['lod/customers/CON.json', 'name_reserved'],
    ['lod/customers/a..json', 'name_ends_in_dot'],
    ['lod/customers/a .json', 'name_ends_in_space'],
    ['lod/customers/a.json.json', 'name_double_ending'],
    ['lod/customers/a.jsonl.json', 'name_double_ending'],
    ['lod/customers/A.JSON', 'name_ending_case'],
    ['lod/customers/dir.json/in.json', 'name_directory_ending'],
    ['lod/files/photo:1.jpg', 'name_character'],
    ['lod/files/sub/_schema.json', 'name_underscore'],
    ['lod/customers/badutf-\\xff.json', 'name_character'],
    [`lod/customers/${'d'.repeat(190)}/`.padEnd(3001, `${'e'.repeat(190)}/`) + 'x.json', 'path_too_long'],
  ];
  test.each(faults)('%s', (path, code) => {
    const meaning = classify(path);
    expect(meaning.kind === 'misnamed' && meaning.fault.code).toBe(code);
  });
  test('a document at the wrong depth is told where to go', () => {
    const meaning = classify('lod/x.json');
    expect(meaning.kind === 'misnamed' && meaning.fault.detail).toContain('<namespace>/<collection>/x.json');
  });
});

test('only what lies in a collection has one', () => {
  expect(collectionOf(classify('lod/customers/a.json'))).toBe('lod/customers');
  expect(collectionOf(classify('lod/files/a.png'))).toBe('lod/files');
  expect(collectionOf(classify('x.json'))).toBe('');
});

const directory = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((s) => isServableDirectory(s) === null && s !== 'files');
const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((s) => isServableSegment(s) === null && !/\.jsonl?$/i.test(s));
const id = fc
  .tuple(fc.array(directory, { maxLength: 3 }), segment)
  .map(([folders, last]) => [...folders, last].join('/'));

test('the path of an id leads back to it', () => {
  fc.assert(
    fc.property(directory, directory, id, fc.boolean(), (namespace, name, id, stream) => {
      const ref = { collection: `${namespace}/${name}`, id: stream ? `${id}.jsonl` : id };
      expect(classify(pathOf(ref))).toEqual({ kind: stream ? 'stream' : 'document', ...ref });
    }),
    { numRuns: 300 },
  );
});

test('the paths of schemas and files lead back to them', () => {
  expect(classify(pathOfSchema('lod/customers'))).toEqual({ kind: 'schema', collection: 'lod/customers' });
  expect(classify(pathOfFile('lod', 'a/b.png'))).toEqual({ kind: 'file', collection: 'lod/files', id: 'a/b.png' });
});

test('any string is classified', () => {
  const units = fc.array(fc.oneof(fc.constantFrom(0x2e, 0x2f, 0x5f), fc.nat(0xffff)), { maxLength: 20 });
  const anyString = units.map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(anyString, (path) => typeof classify(path).kind === 'string'));
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { classify, pathOf, pathOfFile } from '../../src/core/refs.ts';
import { decodeSegment, documentRef, parseAddress, parseDocumentPath } from '../../src/core/url-paths.ts';

function refusal(run: () => unknown): LarderError {
  try {
    run();
  } catch (error) {
    if (error instanceof LarderError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const path = (text: string): string[] => text.split('/');

describe('an address names one thing', () => {
  const addresses: [string, object][] = [
    ['lod', { kind: 'namespace', namespace: 'lod', operation: [] }],
    ['lod/customers', { kind: 'collection', collection: 'lod/customers', operation: [] }],
    ['lod/customers/a', { kind: 'document', ref: { collection: 'lod/customers', id: 'a' }, operation: [] }],
    [
      'lod/customers/eu/a/_history',
      { kind: 'document', ref: { collection: 'lod/customers', id: 'eu/a' }, operation: ['_history'] },
    ],
    [
      'lod/customers/a/_history/12',
      { kind: 'document', ref: { collection: 'lod/customers', id: 'a' }, operation: ['_history', '12'] },
    ],
    ['lod/customers/_query', { kind: 'collection', collection: 'lod/customers', operation: ['_query'] }],
    ['_changes', { kind: 'root', operation: ['_changes'] }],
    ['lod/_changes', { kind: 'namespace', namespace: 'lod', operation: ['_changes'] }],
    ['lod/runs/r.jsonl', { kind: 'document', ref: { collection: 'lod/runs', id: 'r.jsonl' }, operation: [] }],
    ['lod/files/a/b.png', { kind: 'file', namespace: 'lod', path: 'a/b.png', operation: [] }],
    ['lod/files/a.json', { kind: 'file', namespace: 'lod', path: 'a.json', operation: [] }],
    ['lod/files', { kind: 'collection', collection: 'lod/files', operation: [] }],
    ['lod/customers/%5Fhistory', { kind: 'collection', collection: 'lod/customers', operation: ['_history'] }],
  ];
  test.each(addresses)('%s', (text, address) => expect(parseAddress(path(text))).toEqual(address));
  test('no segment at all is the root', () => expect(parseAddress([])).toEqual({ kind: 'root', operation: [] }));
});

describe('a segment is decoded once', () => {
  const segments: [string, string][] = [
    ['caf%C3%A9', 'café'],
    ['caf\u00c3\u00a9', 'café'],
    ['100%25', '100%'],
    ['%252e%252e', '%2e%2e'],
    ['a%20b', 'a b'],
    ['%F0%9F%98%80', '😀'],
  ];
  test.each(segments)('%j is %j', (raw, decoded) => expect(decodeSegment(raw)).toBe(decoded));
});

describe('what could leave the root or mean two things is refused', () => {
  const refused: [string, string, string][] = [
    ['a slash', 'a%2Fb', 'bad_path'],
    ['a slash in small letters', 'a%2fb', 'bad_path'],
    ['the parent', '..', 'bad_path'],
    ['the parent, encoded', '%2e%2e', 'bad_path'],
    ['the parent behind a slash', '..%2f..%2fsecret', 'bad_path'],
    ['itself', '.', 'bad_path'],
    ['NUL', 'a%00', 'bad_path'],
    ['nothing', '', 'bad_path'],
    ['a bad escape', '%zz', 'bad_path'],
    ['half an escape', 'a%2', 'bad_path'],
    ['an overlong dot', '%c0%ae%c0%ae', 'bad_path'],
    ['no UTF-8', '%ff%fe', 'bad_path'],
    ['no UTF-8, unescaped', '\u00ff\u00fe', 'bad_path'],
    ['a lone surrogate', '%ed%a0%80', 'bad_path'],
    ['a raw space', 'a b', 'bad_path'],
    ['a character beyond a byte', 'a\u20ac', 'bad_path'],
    ['a backslash', '..%5c..%5csecret', 'bad_name'],
    ['CRLF', 'a%0d%0aSet-Cookie:x', 'bad_name'],
    ['a tab', 'a%09b', 'bad_name'],
    ['DEL', 'a%7f', 'bad_name'],
    ['a dot file', '.hidden', 'bad_name'],
    ['a reserved name', 'CON', 'bad_name'],
    ['a colon', 'a:b', 'bad_name'],
    ['a dot at the end', 'a.', 'bad_name'],
    ['a space at the end', 'a%20', 'bad_name'],
    ['a star', '*', 'bad_name'],
    ['NFD', 'cafe%CC%81', 'bad_name'],
    ['201 bytes', 'x'.repeat(201), 'bad_name'],
  ];
  test.each(refused)('%s', (_, segment, code) => {
    expect(refusal(() => parseDocumentPath(['lod', 'customers', segment])).code).toBe(code);
    expect(refusal(() => parseDocumentPath(['lod', segment, 'a'])).code).toBe(code);
    expect(refusal(() => parseAddress(['lod', 'files', segment])).code).toBe(code);
  });
  test('a path that the kernel would not take', () => {
    const deep = Array.from({ length: 40 }, () => 'x'.repeat(100));
    expect(refusal(() => parseDocumentPath(['lod', 'customers', ...deep])).code).toBe('bad_path');
  });
  test('a folder that looks like a document, and a file with a name that is ignored', () => {
    expect(refusal(() => parseDocumentPath(path('lod/customers/a.json/b'))).code).toBe('bad_name');
    expect(refusal(() => parseAddress(path('lod/files/x.tmp'))).code).toBe('bad_name');
    expect(refusal(() => parseAddress(path('.larder/log/x'))).code).toBe('bad_name');
  });
});

test('an id with its ending is not found, and the right URL is named', () => {
  const error = refusal(() => parseDocumentPath(path('lod/customers/eu/100%25%20x.json')));
  expect(error.code).toBe('not_found');
  expect(error.members['hint']).toBe('Ask for /v1/lod/customers/eu/100%25%20x');
});

test('a segment that starts with _ is an operation, never an id', () => {
  expect(refusal(() => parseDocumentPath(path('lod/customers/_secret'))).code).toBe('bad_path');
  expect(refusal(() => documentRef('lod/customers', '_secret')).code).toBe('bad_name');
});

test('a refused name says which rule it breaks', () => {
  const error = refusal(() => documentRef('lod/customers', 'eu/a:b'));
  expect(error.errors).toEqual([{ code: 'name_character', detail: expect.stringContaining(':') as string }]);
  expect(error.message).toContain('"a:b"');
});

test('what is accepted over HTTP is what its path means on disk, and is never ignored there', () => {
  const raw = fc.oneof(
    fc.constantFrom('a', 'eu', '4913', 'x~', 'a.tmp', 'r.jsonl', '#a#', 'files'),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
  );
  fc.assert(
    fc.property(fc.array(raw, { minLength: 3, maxLength: 5 }), (segments) => {
      let address;
      try {
        address = parseAddress(segments);
      } catch (error) {
        expect(error).toBeInstanceOf(LarderError);
        return;
      }
      if (address.kind === 'document') expect(classify(pathOf(address.ref))).toMatchObject(address.ref);
      if (address.kind === 'file') expect(classify(pathOfFile(address.namespace, address.path)).kind).toBe('file');
    }),
    { numRuns: 500 },
  );
});

import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/core/events.ts';
import {
  decodeText,
  DOCUMENT_LIMITS,
  MAX_DOCUMENT_BYTES,
  readJson,
  readJsonValue,
} from '../../src/core/json/read-json.ts';

const read = (content: string | Uint8Array) => readJson(Buffer.from(content));

function firstFault(content: string | Uint8Array): Fault {
  const result = read(content);
  if (result.kind === 'valid') throw new Error('it was accepted');
  return result.faults[0] ?? { code: 'none', detail: '' };
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test('a good document gives its text and value', () => {
  const text = '{"a": 1.0, "b": [true, null, "é\\ud83d\\ude00"]}\n';
  expect(read(text)).toEqual({ kind: 'valid', text, value: { a: 1, b: [true, null, 'é😀'] }, warnings: [] });
});

test('numbers that a double cannot hold are accepted', () => {
  for (const number of ['12345678901234567890', '1e400', '0.1000000000000000055', '-0', '1E2']) {
    expect(read(`{"a":${number}}`).kind, number).toBe('valid');
  }
});

test('a byte order mark is accepted with a warning, and is no part of the text', () => {
  const bytes = Buffer.from('\ufeff{"a":1}');
  expect(readJson(bytes)).toMatchObject({ kind: 'valid', text: '{"a":1}', warnings: [{ code: 'json_bom' }] });
  expect(decodeText(bytes)).toBe('\ufeff{"a":1}');
});

test('a member that starts with _ is a warning with its place, at the top only', () => {
  expect(read('{"a": {"_b": 1},\n "_c": 2}')).toMatchObject({
    kind: 'valid',
    warnings: [{ code: 'json_underscore', pointer: '/_c', line: 2, column: 2 }],
  });
});

describe('what a document must not be has a code of its own', () => {
  const cases: [string, string | Uint8Array, string][] = [
    ['an array', '[1]', 'json_top_level'],
    ['a number', ' 1', 'json_top_level'],
    ['null', 'null', 'json_top_level'],
    ['an empty file', '', 'json_empty'],
    ['white space', ' \r\n\t', 'json_empty'],
    ['only a byte order mark', '\ufeff', 'json_empty'],
    ['a block of NULs', Buffer.alloc(40), 'json_nul'],
    ['a NUL behind the end', '{"a":1}\0', 'json_nul'],
    ['a tail of NULs inside a string', `{"a":"x${'\0'.repeat(20)}`, 'json_nul'],
    ['UTF-16 with a mark', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'json_not_utf8'],
    ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 'json_not_utf8'],
    ['Latin-1', Buffer.from('{"a":"é"}', 'latin1'), 'json_not_utf8'],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 'json_not_utf8'],
    ['a duplicate key', '{"a":1,"a":2}', 'json_duplicate_key'],
    ['a duplicate key in another spelling', '{"x":{"a":1,"\\u0061":2}}', 'json_duplicate_key'],
    ['__proto__', '{"x":[{"__proto__":{"admin":true}}]}', 'json_proto'],
    ['__proto__ in another spelling', '{"\\u005f_proto__":1}', 'json_proto'],
    ['a lone surrogate', '{"a":"\\ud800"}', 'json_surrogate'],
    ['a lone surrogate behind an escaped backslash', '{"a":"\\\\ud83d\\udc00"}', 'json_surrogate'],
    ['a lone surrogate in a key', '{"\\udc00":1}', 'json_surrogate'],
    ['129 levels', nested(129), 'json_depth'],
    ['100,000 levels', nested(100_000), 'json_depth'],
    ['100,000 open brackets', `{"a":${'['.repeat(100_000)}`, 'json_depth'],
    ['more than 16 MiB', Buffer.alloc(MAX_DOCUMENT_BYTES + 1, ' '), 'json_too_large'],
    ['a syntax error', '{"a":}', 'json_syntax'],
  ];
  test.each(cases)('%s', (_, content, code) => expect(firstFault(content).code).toBe(code));
});

test('128 levels are accepted, brackets inside strings do not count', () => {
  expect(read(nested(128)).kind).toBe('valid');
  expect(read(JSON.stringify({ a: '[{'.repeat(500), 'b"{[': '\\"[' })).kind).toBe('valid');
});

test('a colon inside a string is no member', () => {
  expect(read('{"a:b":"c:d\\":e","f":{"g":"::"}}').kind).toBe('valid');
});

test('a byte that is not UTF-8 is named with its place', () => {
  const bytes = Buffer.concat([Buffer.from('{\n "é": "'), Buffer.from([0xe9]), Buffer.from('"}')]);
  expect(firstFault(bytes)).toMatchObject({ line: 2, column: 8, detail: expect.stringContaining('0xe9') as string });
});

test('all faults before the first syntax error are told, at most twenty', () => {
  const result = read('{"a":1,"a":2,\n"b":"\\ud800",,}');
  expect(result.kind === 'invalid' && result.faults.map(({ code, line }) => [code, line])).toEqual([
    ['json_duplicate_key', 1],
    ['json_surrogate', 2],
    ['json_syntax', 2],
  ]);
  const many = read(`{${'"a":1,'.repeat(100)}"a":1}`);
  expect(many.kind === 'invalid' && many.faults.length).toBe(20);
});

test('a patch may have any value at its top, by the rules of a document otherwise', () => {
  expect(readJsonValue(Buffer.from('[{"op":"add"}]')).kind).toBe('valid');
  expect(readJsonValue(Buffer.from('[{"a":1,"a":1}]')).kind).toBe('invalid');
});

test('tighter limits can be asked for', () => {
  expect(readJson(Buffer.from(nested(3)), { ...DOCUMENT_LIMITS, maxDepth: 2 }).kind).toBe('invalid');
  expect(readJson(Buffer.from('{"a":1}'), { ...DOCUMENT_LIMITS, maxBytes: 6 }).kind).toBe('invalid');
});

describe('hostile documents of 16 MiB are judged', () => {
  const fill = (piece: string): string => piece.repeat(Math.floor((MAX_DOCUMENT_BYTES - 100) / piece.length));
  const cases: [string, string, string][] = [
    ['spaces before an error', `{"a":${fill(' ')}}`, 'json_syntax'],
    ['an endless string', `{"a":"${fill('x')}`, 'json_syntax'],
    ['escapes', `{"a":"${fill('\\n')}`, 'json_syntax'],
    ['commas', `{"a":[${fill('1,')}]}`, 'json_syntax'],
    ['equal keys', `{${fill('"a":1,')}"a":1}`, 'json_duplicate_key'],
    ['open brackets', fill('['), 'json_depth'],
    ['digits and an error', `{"a":${fill('1')},}`, 'json_syntax'],
  ];
  test.each(cases)('%s', (_, content, code) => expect(firstFault(content).code).toBe(code));
  test('one number of 16 million digits is valid', () => expect(read(`{"a":${fill('1')}}`).kind).toBe('valid'));
});

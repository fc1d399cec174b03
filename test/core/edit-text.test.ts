import { describe, expect, test } from 'vitest';
import { editText, withoutMember } from '../../src/core/json/edit-text.ts';
import { layOut } from '../../src/core/json/layout.ts';

const check = (before: string, change: string, after: string): void => expect(editText(before, change)).toBe(after);

const ABC = '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}\n';

test('a changed value changes its line only', () => {
  check(ABC, '{"c":3,"b":20,"a":1}', '{\n  "a": 1,\n  "b": 20,\n  "c": 3\n}\n');
});

test('a member that goes takes its comma and line', () => {
  check(ABC, '{"a":1,"c":3}', '{\n  "a": 1,\n  "c": 3\n}\n');
  check(ABC, '{"b":2,"c":3}', '{\n  "b": 2,\n  "c": 3\n}\n');
  check(ABC, '{"a":1,"b":2}', '{\n  "a": 1,\n  "b": 2\n}\n');
  check(ABC, '{"a":1}', '{\n  "a": 1\n}\n');
  check(ABC, '{}', '{}\n');
  check('{"a": 1, "b": 2, "c": 3}', '{"b":2}', '{"b": 2}');
  check('{"a": 1,\n "b": 2, "c": 3}', '{"b":2,"c":3}', '{\n "b": 2, "c": 3}');
});

test('a member that comes stands as its siblings do', () => {
  check(
    ABC,
    '{"a":1,"b":2,"c":3,"d":{"x":[1]}}',
    '{\n  "a": 1,\n  "b": 2,\n  "c": 3,\n  "d": {\n    "x": [\n      1\n    ]\n  }\n}\n',
  );
  check('{"a":1}', '{"a":1,"b":[1,{"c":2}]}', '{"a":1,"b":[1,{"c":2}]}');
  check('{"a": 1}', '{"a":1,"b":[1,{"c":2}]}', '{"a": 1, "b": [1, {"c": 2}]}');
  check('{"a" : 1}', '{"a":1,"b":2}', '{"a" : 1, "b" : 2}');
  check('{\n\t"a": {}\n}', '{"a":{"b":1}}', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}');
  check(
    '{\r\n    "a": 1\r\n}\r\n',
    '{"a":1,"b":{"c":2}}',
    '{\r\n    "a": 1,\r\n    "b": {\r\n        "c": 2\r\n    }\r\n}\r\n',
  );
  check('{\n"a": 1\n}', '{"a":1,"b":{"c":2}}', '{\n"a": 1,\n"b": {\n"c": 2\n}\n}');
});

test('commas at the beginning of the line stay there', () => {
  const before = '{ "a": 1\n, "b": 2\n, "c": 3\n}';
  check(before, '{"a":1,"c":3,"d":4}', '{ "a": 1\n, "c": 3\n, "d": 4\n}');
  check(before, '{"b":2,"c":3}', '{ "b": 2\n, "c": 3\n}');
});

test('a container that comes stands in one line when its siblings do', () => {
  check(
    '{\n  "tags": ["a"],\n  "at": {"x": 1}\n}',
    '{"tags":["a"],"at":{"x":1},"more":["z","y"],"to":{"x":2}}',
    '{\n  "tags": ["a"],\n  "at": {"x": 1},\n  "more": ["z", "y"],\n  "to": {"x": 2}\n}',
  );
  check(
    '{\n  "rows": [\n    {"a": 1},\n    {"a": 2}\n  ]\n}',
    '{"rows":[{"a":1},{"a":2},{"a":3}]}',
    '{\n  "rows": [\n    {"a": 1},\n    {"a": 2},\n    {"a": 3}\n  ]\n}',
  );
  check(
    '{"rows": [{\n  "a": 1\n}, {\n  "a": 2\n}]}',
    '{"rows":[{"a":1},{"a":2},{"a":3}]}',
    '{"rows": [{\n  "a": 1\n}, {\n  "a": 2\n}, {\n  "a": 3\n}]}',
  );
});

test('an empty document is filled with two spaces and its own line ends', () => {
  check('{}\r\n', '{"a":{"b":1}}', '{\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}\r\n');
  check('{}', '{"a":1}', '{\n  "a": 1\n}');
});

test('a blank line between members is not copied for a new one', () => {
  check('{\n  "a": 1,\n\n  "b": 2\n}', '{"a":1,"b":2,"c":3}', '{\n  "a": 1,\n\n  "b": 2,\n  "c": 3\n}');
});

describe('arrays are edited item by item', () => {
  const before = '{"a": [\n  1, 2, 3,\n  4, 5, 6\n]}';
  test('an item that goes', () => check(before, '{"a":[1,3,4,5,6]}', '{"a": [\n  1, 3,\n  4, 5, 6\n]}'));
  test('an item that comes between', () =>
    check(before, '{"a":[1,2,3,4,9,5,6]}', '{"a": [\n  1, 2, 3,\n  4, 9, 5, 6\n]}'));
  test('an item that comes first', () =>
    check(before, '{"a":[0,1,2,3,4,5,6]}', '{"a": [\n  0, 1, 2, 3,\n  4, 5, 6\n]}'));
  test('two that come apart leave what is between', () =>
    check('{"a":[\n 1,\n 2,\n 3\n]}', '{"a":[1,8,2,9,3]}', '{"a":[\n 1,\n 8,\n 2,\n 9,\n 3\n]}'));
  test('a changed field of one item', () =>
    check(
      '{"a":[{"i":1, "v":"x"}, {"i":2, "v":"y"}]}',
      '{"a":[{"i":1,"v":"x"},{"i":2,"v":"z"}]}',
      '{"a":[{"i":1, "v":"x"}, {"i":2, "v":"z"}]}',
    ));
  test('all items gone', () => check(before, '{"a":[]}', '{"a": []}'));
});

test('what is equal keeps its spelling: the very same text comes back', () => {
  const odd =
    '\ufeff{\n\t"name":  "Ada",\n  "rate": 1.0, "big": 12345678901234567890,\n"text":"\\u00e9\\/", "e": [ ]   }';
  expect(editText(odd, '{"e":[],"text":"é/","big":12345678901234567890,"rate":10e-1,"name":"\\u0041da"}')).toBe(odd);
});

test('a changed number is spelled as the change spells it', () => {
  check(
    '{"rate": 1.0, "big": 12345678901234567890}',
    '{"rate":1.50,"big":12345678901234567891}',
    '{"rate": 1.50, "big": 12345678901234567891}',
  );
});

test('a value of another kind replaces the whole value', () => {
  check('{\n  "a": [1, 2]\n}', '{"a":{"b":1}}', '{\n  "a": {\n    "b": 1\n  }\n}');
  check('{\n  "a": {\n    "b": 1\n  }\n}', '{"a":"x"}', '{\n  "a": "x"\n}');
});

test('one member is taken out of a text', () => {
  expect(withoutMember('{\n  "_id": "x",\n  "a": 1.0\n}', '_id')).toBe('{\n  "a": 1.0\n}');
  expect(withoutMember('{"a":1}', '_id')).toBe('{"a":1}');
});

test('a new document is laid out with two spaces and a newline, its spelling kept', () => {
  expect(layOut('\ufeff{"a":1.0,"b":{},"c":[ ],"d":[1,{"2":"\\u00e9"}],"1":12345678901234567890}')).toBe(
    '{\n  "a": 1.0,\n  "b": {},\n  "c": [],\n  "d": [\n    1,\n    {\n      "2": "\\u00e9"\n    }\n  ],\n  "1": 12345678901234567890\n}\n',
  );
});

test('text that was never judged is not taken apart, instead of running on for ever', () => {
  for (const text of ['{"a": "', '{"a": [1, ', '{"a": {', '{', '[1,'])
    expect(() => editText(text, '{"a":1}'), text).toThrow('only valid JSON');
});

/** Records are cut out of streams: whatever the chunks, the same records come out. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutMark } from '../../src/maintain/import-bytes.ts';
import { cutCsv } from '../../src/maintain/import-csv.ts';
import { cutJson } from '../../src/maintain/import-json.ts';
import { cutLines } from '../../src/maintain/import-lines.ts';
import type { RawRecord } from '../../src/maintain/import-types.ts';

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const chunked = (text: string | Uint8Array, size = 7): AsyncIterable<Uint8Array> => inChunks(Buffer.from(text), size);

async function gather(records: AsyncIterable<RawRecord[]>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const some of records) found.push(...some.map(tell));
  return found;
}

/** `where text`, `where key=text`, or `where !code`. */
function tell(record: RawRecord): string {
  if (record.kind === 'broken') return `${record.where} !${record.code}`;
  return `${record.where} ${record.key === null ? '' : `${record.key}=`}${Buffer.from(record.bytes).toString()}`;
}

const check = async (records: AsyncIterable<RawRecord[]>, expected: readonly string[]): Promise<void> =>
  expect(await gather(records)).toEqual(expected);

test('an array gives its elements with the line where each begins, spelled as they are', async () => {
  await check(cutJson(chunked('[\n {"a": 1.0},\n  [1, "]"],\n "x,\\"y", null\n]\n'), 'f'), [
    'f:2 {"a": 1.0}',
    'f:3 [1, "]"]',
    'f:4 "x,\\"y"',
    'f:4 null\n',
  ]);
});

test('an object gives its members by their keys', async () => {
  await check(cutJson(chunked('{"a":{"v":1},\n"b\\u0041" : {"v":{}}}'), 'f'), ['f:1 a={"v":1}', 'f:2 bA={"v":{}}']);
});

test('a broken element spoils itself and not its neighbours', async () => {
  await check(cutJson(chunked('[{"a":1},\n{"b":"open\n},\n{"c":3}]'), 'f'), [
    'f:1 {"a":1}',
    'f:2 {"b":"open\n}',
    'f:4 {"c":3}',
  ]);
  await check(cutJson(chunked('{"a":{},oops,"b":{}}'), 'f'), ['f:1 a={}', 'f:1 !bad_json', 'f:1 b={}']);
});

test.each([
  ['', 'f:1 !bad_json'],
  ['hello', 'f:1 !bad_json'],
  ['[{"a":1},\n{"b":', 'f:1 {"a":1}|f:2 !bad_json'],
  ['[{"a":1}]\n[', 'f:1 {"a":1}|f:2 !bad_json'],
  ['[]', ''],
])('%j is told as %j', async (text, expected) => {
  expect((await gather(cutJson(chunked(text), 'f'))).join('|')).toBe(expected);
});

test('elements cut from any JSON array are its elements, in any chunks', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.jsonValue()),
    fc.constantFrom(0, 1, 3),
    fc.integer({ min: 1, max: 50 }),
    async (values, indent, size) => {
      const records = cutJson(chunked(JSON.stringify(values, null, indent), size), 'f');
      const texts = (await gather(records)).map((told) => String(told).replace(/^f:\d+ /, ''));
      expect(texts.map((text): unknown => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(values)));
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test('members cut from any JSON object are its members, in any chunks', async () => {
  const property = fc.asyncProperty(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.integer({ min: 1, max: 50 }),
    async (members, size) => {
      const found = new Map<string, unknown>();
      for await (const some of cutJson(chunked(JSON.stringify(members, null, 2), size), 'f')) {
        for (const record of some)
          if (record.kind === 'bytes') found.set(record.key ?? '', JSON.parse(Buffer.from(record.bytes).toString()));
      }
      expect([...found]).toEqual(Object.entries(JSON.parse(JSON.stringify(members)) as object));
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test('NDJSON gives its lines with their numbers; blank ones are no records', async () => {
  await check(cutLines(chunked('{"a":1}\r\n\n  \n{"b":2}'), 'f'), ['f:1 {"a":1}\r', 'f:4 {"b":2}']);
});

test('a byte order mark is taken away, in whatever format', async () => {
  await check(cutLines(withoutMark(chunked('\uFEFF{"a":1}\n')), 'f'), ['f:1 {"a":1}']);
  await check(cutJson(withoutMark(chunked('\uFEFF[1]')), 'f'), ['f:1 1']);
});

test('a record longer than any document is refused without being held, and the next is read', async () => {
  const long = Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(17 * 1024 * 1024, 'x'), Buffer.from('"}')]);
  const lines = cutLines(inChunks(Buffer.concat([long, Buffer.from('\n{"b":1}\n')]), 65_536), 'f');
  await check(lines, ['f:1 !too_large', 'f:2 {"b":1}']);
  const array = cutJson(inChunks(Buffer.concat([Buffer.from('['), long, Buffer.from(',\n{"b":1}]')]), 65_536), 'f');
  await check(array, ['f:1 !too_large', 'f:2 {"b":1}']);
});

const csv = (
  text: string | Uint8Array,
  options: { delimiter?: string; schema?: unknown } = {},
): AsyncIterable<RawRecord[]> => cutCsv(chunked(text), 'f', { delimiter: ',', schema: null, ...options });

test('CSV cells may hold commas, quotes and line ends, and stay text', async () => {
  await check(csv('id,name,zip\nx1,"Ada, L.",01234\nx2,"two ""q""\nlines",\nx3,true,1.10\n'), [
    'f:2 {"id":"x1","name":"Ada, L.","zip":"01234"}',
    'f:3 {"id":"x2","name":"two \\"q\\"\\nlines","zip":""}',
    'f:5 {"id":"x3","name":"true","zip":"1.10"}',
  ]);
});

test('a schema gives CSV cells their types; what does not fit stays text for the schema to refuse', async () => {
  const schema = {
    properties: {
      n: { type: 'number' },
      i: { type: ['integer', 'null'] },
      ok: { type: 'boolean' },
      list: { type: 'array' },
      text: { type: 'string' },
    },
  };
  await check(csv('n,i,ok,list,text,other\n1.10,7,true,"[1,2]",7,8\n,,,,,\nx,1.5.1,yes,[,,\n', { schema }), [
    'f:2 {"n":1.10,"i":7,"ok":true,"list":[1,2],"text":"7","other":"8"}',
    'f:3 {"text":"","other":""}',
    'f:4 {"n":"x","i":"1.5.1","ok":"yes","list":"[","text":"","other":""}',
  ]);
});

test.each([
  ['a,b\n1\n2,3\n', 'f:2 !bad_csv|f:3 {"a":"2","b":"3"}'],
  ['a,a\n1,2\n', 'f:2 !bad_csv'],
  ['a,\n1,2\n', 'f:2 !bad_csv'],
  ['a,b\n"open,1\n2,3\n', 'f:1 !bad_csv'],
  ['__proto__,b\n1,2\n', 'f:2 {"__proto__":"1","b":"2"}'],
])('CSV %j is told as %j', async (text, expected) => {
  expect((await gather(csv(text))).join('|')).toBe(expected);
});

test('CSV that is not UTF-8 is refused rather than damaged', async () => {
  const latin1 = Buffer.concat([Buffer.from('id,name\nx,Z'), Buffer.from([0xfc]), Buffer.from('rich\n')]);
  expect((await gather(csv(latin1))).join('|')).toContain('!bad_csv');
});

/**
 * CSV (RFC 4180, and semicolons or tabs): the first row names the members. A cell stays text unless the collection's schema
 * gives its member another type: guessing would turn the postcode 01234 and the version 1.10 into numbers.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import { broken } from './import-bytes.ts';
import type { RawRecord } from './import-types.ts';

interface Row {
  readonly record: readonly string[];
  /** Lines read up to the end of this row. */
  readonly info: { readonly lines: number };
}

/** Rows as JSON objects, one at a time. Takes bytes without a BOM. */
export async function* cutCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  options: { readonly delimiter: string; readonly schema: unknown },
): AsyncGenerator<RawRecord[]> {
  const rows = parse({
    delimiter: options.delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_DOCUMENT_BYTES,
  });
  // What fails in the source arrives at the loop below as the parser's own error.
  pipeline(Readable.from(decoded(chunks)), rows, () => {});
  let header: Header | null = null;
  let line = 1;
  try {
    for await (const { record, info } of rows as AsyncIterable<Row>) {
      const where = `${name}:${line}`;
      if (header === null) header = readHeader(record, options.schema);
      else yield [rowRecord(where, line, header, record)];
      line = info.lines + 1;
    }
  } catch (error) {
    const why = faultOf(error);
    if (why === null) throw error;
    yield [broken(`${name}:${line}`, 'bad_csv', `${why}; nothing from here on was read`)];
  }
}

/** Spreadsheets still write Latin-1: decoded with replacement characters, it would be damaged without a word. */
async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of chunks) yield utf8.decode(chunk, { stream: true });
  yield utf8.decode();
}

function faultOf(error: unknown): string | null {
  if (error instanceof CsvError) return error.message;
  const isEncoding =
    error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
  return isEncoding ? 'the text is not UTF-8 (convert it: iconv -f latin1 -t utf-8)' : null;
}

interface Column {
  readonly key: string;
  readonly type: string;
}
type Header = readonly Column[] | { readonly wrong: string };

function readHeader(names: readonly string[], schema: unknown): Header {
  const empty = names.indexOf('');
  if (empty >= 0) return { wrong: `column ${empty + 1} has no name in the header` };
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return { wrong: `the header names ${JSON.stringify(twice)} twice` };
  return names.map((name) => ({ key: name, type: typeOf(schema, name) }));
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown } | boolean>>;
}

/** The schema's one type of a member, `null` beside it apart; '' where it says none or several. */
function typeOf(schema: unknown, name: string): string {
  const properties = (schema as ObjectSchema | null)?.properties ?? {};
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  const type = typeof property === 'object' ? property.type : undefined;
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== 'null');
  return types.length === 1 && typeof types[0] === 'string' ? types[0] : '';
}

function rowRecord(where: string, line: number, header: Header, cells: readonly string[]): RawRecord {
  if ('wrong' in header) return broken(where, 'bad_csv', header.wrong);
  if (cells.length !== header.length) {
    return broken(where, 'bad_csv', `${cells.length} cells, the header has ${header.length}`);
  }
  const members = header.flatMap((column, at) => memberText(column, cells[at] ?? ''));
  return { kind: 'bytes', where, line, key: null, bytes: Buffer.from(`{${members.join(',')}}`) };
}

/** A cell that does not have its type stays text, so that the schema's refusal names it. An empty one is left out then. */
function memberText({ key, type }: Column, cell: string): string[] {
  const name = JSON.stringify(key);
  if (type === 'string' || type === '') return [`${name}:${JSON.stringify(cell)}`];
  if (cell === '') return [];
  return [`${name}:${isOfType(type, cell.trim()) ? cell.trim() : JSON.stringify(cell)}`];
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function isOfType(type: string, cell: string): boolean {
  if (type === 'integer' || type === 'number') return jsonNumber.test(cell);
  if (type === 'boolean') return cell === 'true' || cell === 'false';
  return isJson(cell);
}

function isJson(cell: string): boolean {
  try {
    JSON.parse(cell);
    return true;
  } catch {
    return false;
  }
}

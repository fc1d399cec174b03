/** NDJSON: a record a line. A line that is too long is skipped without being held. */
import { Gathered } from './import-bytes.ts';
import type { RawRecord } from './import-types.ts';

const NEWLINE = 0x0a;

/** Records of the lines that are not empty, some at a time. Takes bytes without a BOM. */
export async function* cutLines(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<RawRecord[]> {
  const gathered = new Gathered();
  let line = 1;
  for await (const chunk of chunks) {
    const found: RawRecord[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      gathered.add(chunk.subarray(start, end));
      found.push(gathered.take(`${name}:${line}`, line));
      start = end + 1;
      line++;
    }
    gathered.add(chunk.subarray(start));
    yield found.filter(isNotBlank);
  }
  yield [gathered.take(`${name}:${line}`, line)].filter(isNotBlank);
}

const isNotBlank = (record: RawRecord): boolean => record.kind === 'broken' || record.bytes.some((byte) => byte > 0x20);

/** The bytes of one record at a time, for every format that is cut out of a stream. */
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import type { RawRecord } from './import-types.ts';

export const broken = (where: string, code: string, detail: string): RawRecord => ({
  kind: 'broken',
  where,
  code,
  detail,
});

/** Gathered over chunks. Beyond the largest document only the length is kept, and the record is refused. */
export class Gathered {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_DOCUMENT_BYTES) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  /** Ends the record and starts the next. */
  take(where: string, line: number): RawRecord {
    const isTooLarge = this.#bytes > MAX_DOCUMENT_BYTES;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return isTooLarge ? tooLarge(where) : { kind: 'bytes', where, line, key: null, bytes };
  }
}

const tooLarge = (where: string): RawRecord =>
  broken(where, 'too_large', `longer than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`);

/** A byte order mark says nothing in UTF-8, and no parser wants it. */
export async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    const hasMark = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    yield hasMark ? chunk.subarray(3) : chunk;
    first = false;
  }
}

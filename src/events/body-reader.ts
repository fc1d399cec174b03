/** Bytes of versions, read where a frame keeps them. */
import { join } from 'node:path/posix';
import type { BodyPlace, Seq } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { attempt, readFully } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { unpackBody } from './body-parts.ts';
import { damaged } from './damage.ts';
import { segmentName } from './segment-header.ts';

/** Descriptors kept open: a rebuild reads each body of a segment in turn. */
const MOST_OPEN = 4;

export class BodyReader implements Disposable {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #fdBySegment = new Map<Seq, number>();

  constructor(fs: FileSystem, directory: string) {
    this.#fs = fs;
    this.#directory = directory;
  }

  /** Throws LarderError `gone` or `log_damaged`. */
  read(place: Extract<BodyPlace, { in: 'log' }>, digest: Digest): Uint8Array {
    const stored = readFully(this.#fs, this.#open(place.segment), place.offset, place.length);
    const bytes = stored.length === place.length ? unpackBody(stored, place.encoding, digest) : null;
    if (bytes) return bytes;
    throw damaged(
      this.#pathOf(place.segment),
      place.offset,
      `the bytes of version ${digest} do not match their digest`,
    );
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fdBySegment.values()) attempt(() => this.#fs.close(fd));
    this.#fdBySegment.clear();
  }

  #open(segment: Seq): number {
    const known = this.#fdBySegment.get(segment);
    if (known !== undefined) return known;
    if (this.#fdBySegment.size >= MOST_OPEN) this[Symbol.dispose]();
    const path = this.#pathOf(segment);
    if (!this.#fs.lstat(path)) throw new LarderError('gone', `${path} is not there any more`);
    const fd = this.#fs.open(path, 'read');
    this.#fdBySegment.set(segment, fd);
    return fd;
  }

  #pathOf(segment: Seq): string {
    return join(this.#directory, segmentName(segment));
  }
}

/** Bytes of versions, read where a frame keeps them. */
import { join } from 'node:path/posix';
import type { Seq, StoredPlace } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { attempt, readFully } from '../host/durable-files.ts';
import type { FileSystem } from '../host/ports.ts';
import { unpackBody } from './body-parts.ts';
import { damagedBody } from './damage.ts';
import { segmentName } from './segment-header.ts';

/** Descriptors kept open: a rebuild reads each body of a segment in turn. */
const MOST_OPEN = 4;

export class BodyReader implements Disposable {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #fdBySegment = new Map<Seq, number>();
  readonly #formerBySegment = new Map<Seq, number>();

  constructor(fs: FileSystem, directory: string) {
    this.#fs = fs;
    this.#directory = directory;
  }

  /** Throws LarderError `gone` or `version_damaged`. */
  read(place: StoredPlace, digest: Digest): Uint8Array {
    const former = this.#formerBySegment.get(place.segment);
    const bytes =
      this.#readFrom(this.#open(place.segment), place, digest) ??
      (former === undefined ? null : this.#readFrom(former, place, digest));
    if (bytes) return bytes;
    throw damagedBody(this.#pathOf(place.segment), place.offset, digest);
  }

  /** The segment is about to be replaced: those who know its places of now are served from the old file until `moved`. */
  moving(segment: Seq): void {
    this.#forget(this.#formerBySegment, segment);
    this.#forget(this.#fdBySegment, segment);
    this.#formerBySegment.set(segment, this.#fs.open(this.#pathOf(segment), 'read'));
  }

  /** From now on the new file is read. */
  replaced(segment: Seq): void {
    this.#forget(this.#fdBySegment, segment);
  }

  /** Everybody knows the new places. */
  moved(segment: Seq): void {
    this.#forget(this.#formerBySegment, segment);
  }

  #forget(fds: Map<Seq, number>, segment: Seq): void {
    const fd = fds.get(segment);
    fds.delete(segment);
    if (fd !== undefined) attempt(() => this.#fs.close(fd));
  }

  #readFrom(fd: number, place: StoredPlace, digest: Digest): Uint8Array | null {
    const stored = readFully(this.#fs, fd, place.offset, place.length);
    return stored.length === place.length ? unpackBody(stored, place.encoding, digest) : null;
  }

  [Symbol.dispose](): void {
    this.#closeAll();
    for (const fd of this.#formerBySegment.values()) attempt(() => this.#fs.close(fd));
    this.#formerBySegment.clear();
  }

  #closeAll(): void {
    for (const fd of this.#fdBySegment.values()) attempt(() => this.#fs.close(fd));
    this.#fdBySegment.clear();
  }

  #open(segment: Seq): number {
    const known = this.#fdBySegment.get(segment);
    if (known !== undefined) return known;
    if (this.#fdBySegment.size >= MOST_OPEN) this.#closeAll();
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

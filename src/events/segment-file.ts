/**
 * The segment that grows. Zeros are written ahead of its end in the same sync as a frame that needs room, so that most
 * syncs write data only: no new size, no new blocks, no journal. Large appends go without, they would pay more than they
 * gain.
 */
import { attempt, isDiskFull, readFully, withOpen, writeAll } from '../host/durable-files.ts';
import type { Clock, FileStat, FileSystem } from '../host/ports.ts';
import { notOurs, writtenByOthers } from './damage.ts';
import type { Position } from './position.ts';

/** Small pieces are gathered into writes of this size; between two the event loop is let go. */
const CHUNK_BYTES = 256 * 1024;
/** Appends from this size on are written without zeros ahead. */
const LARGE_BYTES = 64 * 1024;
const ZEROS = new Uint8Array(64 * 1024);

export class SegmentFile {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #clock: Clock;
  readonly #aheadBytes: number;
  readonly #fd: number;
  /** Where the file ends: frames, then zeros. */
  #allocated: number;
  /** Its times right after our last write. */
  #left = '';

  constructor(options: SegmentFileOptions) {
    this.path = options.path;
    this.#fs = options.fs;
    this.#clock = options.clock;
    this.#aheadBytes = options.aheadBytes;
    this.#fd = options.fd;
    this.#allocated = options.fileBytes;
  }

  /**
   * Throws where its name does not lead to it any more, or it does not end as we left it: somebody moved the log, or copied another over
   * it, while it was in use. What would be written then, no start would ever find. `end`: the chain that lies before this offset.
   */
  checkPlace({ offset, chain }: Pick<Position, 'offset' | 'chain'>): void {
    const own = this.#fs.fstat(this.#fd);
    this.#refuseOther(this.#fs.lstat(this.path), own);
    if (timesOf(own) !== this.#left && !this.#endsWith(offset, chain)) throw writtenByOthers(this.path);
  }

  #refuseOther(named: FileStat | undefined, own: FileStat): void {
    // Not every file system gives a file one number for good.
    if (!named || !(isSameFile(named, own) || timesOf(named) === timesOf(own))) throw notOurs(this.path);
  }

  /** Read anew: some file systems change the times of a file by themselves, when they have written it. */
  #endsWith(offset: number, chain: Uint8Array): boolean {
    return withOpen(this.#fs, this.path, (fd) => {
      const end = readFully(this.#fs, fd, offset - chain.length, chain.length);
      return Buffer.compare(end, chain) === 0;
    });
  }

  /** Writes from an offset on, unsynced. Throws the kernel's error; then any part of it may have been written. */
  async write(offset: number, pieces: Iterable<Uint8Array>): Promise<void> {
    let end = offset;
    for (const chunk of gather(pieces)) {
      if (end > offset) await this.#clock.yieldTurn();
      writeAll(this.#fs, this.#fd, chunk, end);
      end += chunk.length;
    }
    if (end > this.#allocated) this.#extend(end, end - offset);
    this.#left = timesOf(this.#fs.fstat(this.#fd));
  }

  sync(): Promise<void> {
    return this.#fs.fdatasync(this.#fd);
  }

  /** Takes back, durably, all that was written from an offset on. Not to be called after a failed sync. */
  async cut(offset: number): Promise<void> {
    this.#fs.truncate(this.#fd, offset);
    this.#allocated = offset;
    await this.#fs.fsync(this.#fd);
  }

  /** The same after a failed sync: through a new descriptor, because the old one would report a success that is none. Before `close`. */
  async cutAnew(offset: number): Promise<void> {
    const fd = this.#fs.open(this.path, 'read-write');
    try {
      this.#refuseOther(this.#fs.fstat(fd), this.#fs.fstat(this.#fd));
      this.#fs.truncate(fd, offset);
      await this.#fs.fsync(fd);
    } finally {
      this.#fs.close(fd);
    }
  }

  /** A close that fails says nothing that a sync has not said before. */
  close(): void {
    attempt(() => this.#fs.close(this.#fd));
  }

  #extend(end: number, writtenBytes: number): void {
    this.#allocated = end;
    if (this.#aheadBytes === 0 || writtenBytes >= LARGE_BYTES) return;
    const target = end + this.#aheadBytes;
    try {
      for (let at = end; at < target; at += ZEROS.length)
        writeAll(this.#fs, this.#fd, ZEROS.subarray(0, Math.min(ZEROS.length, target - at)), at);
      this.#allocated = target;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#fs.truncate(this.#fd, end);
    }
  }
}

export interface SegmentFileOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly aheadBytes: number;
  readonly path: string;
  /** Open for writing; closed by `close`. */
  readonly fd: number;
  readonly fileBytes: number;
}

/** Joins small pieces; one that is larger than a chunk goes as it is, cut into chunks. */
function* gather(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (bytes + piece.length > CHUNK_BYTES && bytes > 0) {
      yield Buffer.concat(waiting);
      [waiting, bytes] = [[], 0];
    }
    if (piece.length <= CHUNK_BYTES) {
      waiting.push(piece);
      bytes += piece.length;
    } else for (let at = 0; at < piece.length; at += CHUNK_BYTES) yield piece.subarray(at, at + CHUNK_BYTES);
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

const isSameFile = (a: FileStat, b: FileStat): boolean => a.ino === b.ino && a.dev === b.dev;

const timesOf = ({ birthtimeNs, mtimeNs, size }: FileStat): string => `${birthtimeNs} ${mtimeNs} ${size}`;

/**
 * Reads the versions of a log in its order. One of a stream that grew costs what was appended to the version before it: a digest
 * goes on from there where it is only checked, and the bytes do where it is written.
 */
import { FoldedStreams } from '../../catalog/folded-streams.ts';
import { digestOf } from '../../core/digest.ts';
import type { LoggedEntry, Seq } from '../../core/events.ts';
import { keptBytesIn, type BodySource } from '../../core/grown-bytes.ts';
import { classify } from '../../core/refs.ts';
import { positionAfter, type Position } from '../stream-positions.ts';

/** Of streams that grow side by side; each holds 2 KB. What is not among them any more is read anew from the whole version
 * its chain hangs on, which costs at most twice the version (core/grown-bytes.ts). */
const MOST_POSITIONS = 4096;
const MOST_BYTES = 64 * 1024 * 1024;
/** What the shortest one counts for. */
const LEAST_BYTES = 4096;

export class VersionReader implements Disposable {
  readonly #streams = new FoldedStreams();
  readonly #source: BodySource;
  /** Least recently used first, both. */
  readonly #positions = new Map<Seq, Position>();
  readonly #bytes = new Map<Seq, Uint8Array>();
  #held = 0;
  /** What was appended to one of these is not read. */
  readonly #broken = new Set<Seq>();

  constructor(stored: Omit<BodySource, 'version'>) {
    this.#source = { ...stored, version: (seq) => this.#streams.get(seq) };
  }

  /** Every entry is noted, in the order of the log, before it is read. */
  note(entry: LoggedEntry): void {
    this.#streams.note(entry);
  }

  /** Whether the bytes are there, and those of the digest. */
  isReadable(entry: LoggedEntry): boolean {
    const { seq, body } = entry;
    const isReadable = !(body.in === 'tail' && this.#broken.has(body.base)) && this.#check(entry);
    if (isReadable) this.#broken.delete(seq);
    else this.#broken.add(seq);
    return isReadable;
  }

  #check(entry: LoggedEntry): boolean {
    try {
      return this.#isWhole(entry);
    } catch {
      return false;
    }
  }

  #isWhole({ seq, digest, size, body }: LoggedEntry): boolean {
    if (digest === null) return false;
    if (body.in !== 'tail') return keptBytesIn(this.#source, { body, digest }) !== null;
    const position = positionAfter(this.#source, { seq, digest, size, body }, this.#positions.get(body.base) ?? null);
    if (typeof position === 'string') return false;
    this.#positions.delete(body.base);
    this.#positions.set(seq, position);
    const [oldest] = this.#positions.keys();
    if (this.#positions.size > MOST_POSITIONS && oldest !== undefined) this.#positions.delete(oldest);
    return true;
  }

  /** Null where they are not kept, or are others. Throws for what cannot be read. */
  read(entry: LoggedEntry): Uint8Array | null {
    const bytes = this.#read(entry);
    if (bytes && classify(entry.path).kind === 'stream') this.#remember(entry, bytes);
    return bytes;
  }

  #read({ digest, body }: LoggedEntry): Uint8Array | null {
    if (digest === null) return null;
    const base = body.in === 'tail' ? this.#bytes.get(body.base) : undefined;
    if (body.in !== 'tail' || !base) return keptBytesIn(this.#source, { body, digest });
    const bytes = Buffer.concat([base, this.#source.stored(body, body.part)]);
    return digestOf(bytes) === digest ? bytes : null;
  }

  #remember({ seq, body }: LoggedEntry, bytes: Uint8Array): void {
    if (body.in === 'tail') this.#forget(body.base);
    this.#forget(seq);
    this.#bytes.set(seq, bytes);
    this.#held += weightOf(bytes);
    for (const oldest of this.#bytes.keys()) {
      if (this.#held <= MOST_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(seq: Seq): void {
    const bytes = this.#bytes.get(seq);
    if (bytes && this.#bytes.delete(seq)) this.#held -= weightOf(bytes);
  }

  [Symbol.dispose](): void {
    this.#streams[Symbol.dispose]();
  }
}

const weightOf = (bytes: Uint8Array): number => Math.max(bytes.length, LEAST_BYTES);

/**
 * What the log says of every path, folded anew, and beside it what lies on disk: in memory where that is little, otherwise in a
 * scratch database that SQLite spills to a temporary file of its own, so that a tree of any size is compared in bounded memory.
 * It uses the same pure effects as the catalog and none of its rows.
 */
import type { Digest } from '../core/digest.ts';
import type { EventFrame, Seq } from '../core/events.ts';
import type { FoldedPath } from './fold-rows.ts';
import { MemoryFold } from './memory-fold.ts';
import { openScratchFold } from './scratch-fold.ts';

/** What was found at a path. `digest` null: nothing that can be read, and `why` says what. */
export interface FoundFile {
  readonly path: string;
  readonly digest: Digest | null;
  readonly why: string | null;
}

export interface Mismatch {
  readonly folded: FoldedPath | null;
  readonly file: FoundFile | null;
}

export interface Fold extends Disposable {
  apply(frame: EventFrame): void;
  /** Remembers that the chain had this digest behind an event. */
  addChain(chain: Uint8Array, seq: Seq): void;
  hasChain(chain: Uint8Array): boolean;
  addFile(file: FoundFile): void;
  get(path: string): FoldedPath | undefined;
  /** Known paths that are present in some way. What a page says is found among so many; it may be empty, and is in no order. */
  present(limit: number): Generator<readonly FoldedPath[]>;
  /** Paths where the disk head and the file differ, in pages likewise. */
  mismatches(limit: number): Generator<readonly Mismatch[]>;
  /** Files of which the log knows nothing, in pages likewise. */
  unknownFiles(limit: number): Generator<readonly FoundFile[]>;
  fileWith(digest: Digest): string | undefined;
  /** Digests of versions whose bytes lie in the blob store, in pages likewise. */
  blobs(limit: number): Generator<readonly Digest[]>;
  count(): number;
}

/** Of paths and files together: some 100 MB. */
const MOST_IN_MEMORY = 400_000;

/** In memory a path costs a fourth of the time that SQLite takes for it. `most`: what is remembered there before it spills. */
export const openFold = (most: number = MOST_IN_MEMORY): Fold => new SpillingFold(most);

class SpillingFold implements Fold {
  readonly #most: number;
  #memory: MemoryFold | null = new MemoryFold();
  #fold: Fold = this.#memory as MemoryFold;

  constructor(most: number) {
    this.#most = most;
  }

  apply(frame: EventFrame): void {
    this.#fold.apply(frame);
    this.#spillWhenFull();
  }

  addChain(chain: Uint8Array, seq: Seq): void {
    this.#fold.addChain(chain, seq);
    this.#spillWhenFull();
  }

  addFile(file: FoundFile): void {
    this.#fold.addFile(file);
    this.#spillWhenFull();
  }

  hasChain = (chain: Uint8Array): boolean => this.#fold.hasChain(chain);
  get = (path: string): FoldedPath | undefined => this.#fold.get(path);
  present = (limit: number): ReturnType<Fold['present']> => this.#fold.present(limit);
  mismatches = (limit: number): ReturnType<Fold['mismatches']> => this.#fold.mismatches(limit);
  unknownFiles = (limit: number): ReturnType<Fold['unknownFiles']> => this.#fold.unknownFiles(limit);
  fileWith = (digest: Digest): string | undefined => this.#fold.fileWith(digest);
  blobs = (limit: number): ReturnType<Fold['blobs']> => this.#fold.blobs(limit);
  count = (): number => this.#fold.count();

  [Symbol.dispose](): void {
    this.#fold[Symbol.dispose]();
  }

  #spillWhenFull(): void {
    if (this.#memory === null || this.#memory.size <= this.#most) return;
    const roomy = openScratchFold();
    this.#memory.pour(roomy);
    this.#memory = null;
    this.#fold = roomy;
  }
}

/**
 * Reading by the hundred: the walk over the tree and the examination of many files, with synchronous calls in a thread
 * where nobody waits for anything else (98,000 files a second against 7,000 with asynchronous calls). Two implementations:
 * worker threads, and the calling thread for simulated file systems.
 */
import type { Digest } from '../core/digest.ts';
import type { EditOutcome, Writing } from '../core/edited-document.ts';
import type { KnownVersion } from '../core/examine.ts';
import type { HeavyResult, HeavyWork } from '../core/heavy-work.ts';
import type { MergeOutcome } from '../core/merged-document.ts';
import type { Beginning, GrowthFound, KnownBeginning } from './growth.ts';
import type { HashedFile } from './hash-batch.ts';
import type { HashedDirectory } from './hash-directory.ts';
import type { Pieces } from './hash-pieces.ts';
import type { Leaving, Left } from './leaving.ts';
import type { Named, NewName } from './place-batch.ts';
import type { NewBytes, Temp } from './temp.ts';
import type { DirectoryListing, Examined, Look } from './types.ts';

/** The schemas that judge, by collection (`ns/collection`): the text of each, under its digest. */
export type SchemaTexts = ReadonlyMap<string, { readonly text: string; readonly digest: Digest }>;

/** By path. */
export type KnownVersions = ReadonlyMap<string, KnownVersion>;

export interface BulkReader extends AsyncDisposable {
  /** Starts what the first walk will need, in the background. */
  warmUp(): void;
  /**
   * Every directory at or below `from` ('' is the root), each once, parents before their children. Reads ahead a little and
   * no further than the consumer follows. Symlinks, other devices and dot names are not entered.
   */
  walk(from: string): AsyncIterable<readonly DirectoryListing[]>;
  /**
   * Looks at the paths and judges them; one answer a path, in their order. All bytes of one call are held at once: some
   * hundred paths a call. Files above 16 MiB are hashed, not held, and hashing does not hold up other calls. What still has its
   * known digest is valid as it was, and not judged again.
   */
  examine(paths: readonly string[], schemas: SchemaTexts, known?: KnownVersions): Promise<readonly Examined[]>;
  /** The same walk with the digests of what is met, which is what verify needs. */
  hashed(from: string): AsyncIterable<readonly HashedDirectory[]>;
  /** Digests of pieces of a file, 64 characters each. */
  pieces(pieces: Pieces): Promise<string>;
  /** Digests of texts as UTF-8, 64 characters each; some hundred a call. */
  texts(texts: readonly string[]): Promise<string>;
  /** Digests alone, one a path in their order. Files of any size; some hundred paths a call. */
  digests(paths: readonly string[]): Promise<readonly HashedFile[]>;
  /** Hashes a file of any size. */
  hash(path: string): Promise<Look>;
  /** As `readBeginning` and `lookAtGrowth` (growth.ts), away from the caller's thread. */
  beginning(path: string, beginning: Beginning): Promise<KnownBeginning | null>;
  growth(path: string, before: KnownBeginning): Promise<GrowthFound>;
  /** As `tryEdit` (core/edited-document.ts), away from the caller's thread. */
  edit(path: string, change: Writing, current: Uint8Array | null, schemas: SchemaTexts): Promise<EditOutcome>;
  /** As `tryMerge` (core/merged-document.ts), likewise. */
  merge(
    path: string,
    change: Writing,
    base: Uint8Array,
    current: Uint8Array | null,
    schemas: SchemaTexts,
  ): Promise<MergeOutcome>;
  /** Work of core/heavy-work.ts, likewise. Rejects with what it throws, as an Error. */
  work<Name extends keyof HeavyWork>(name: Name, args: Parameters<HeavyWork[Name]>): Promise<HeavyResult<Name>>;
  /**
   * Writes temp files (temp.ts) away from the caller's thread: all or none, in their order; some hundred a call. Throws what the
   * disk says. Undefined where files are written by the calling thread alone.
   */
  readonly stage?: (files: readonly NewBytes[]) => Promise<readonly Temp[]>;
  /** As `nameBatch` (place-batch.ts): some hundred a call. Undefined as `stage` is. */
  readonly name?: (names: readonly NewName[]) => Promise<readonly Named[]>;
  /** Makes files without a name in `.larder/tmp` and opens them for writing (spares.ts). Undefined as `stage` is. */
  readonly openNameless?: (count: number, permissions: number) => Promise<readonly number[]>;
  /** As `leaveAll` (leaving.ts): some hundred a call. Undefined as `stage` is. */
  readonly leave?: (files: readonly Leaving[]) => Promise<readonly Left[]>;
}

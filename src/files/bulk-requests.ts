/** What a bulk worker is asked and what it answers. One answer a request, under its number; requests may overtake each other. */
import type { Digest } from '../core/digest.ts';
import type { EditOutcome, Writing } from '../core/edited-document.ts';
import type { HeavyResult, HeavyWork } from '../core/heavy-work.ts';
import type { MergeOutcome } from '../core/merged-document.ts';
import type { KnownVersions } from './bulk.ts';
import type { ExaminedColumns } from './examined-columns.ts';
import type { Beginning, GrowthFound, KnownBeginning } from './growth.ts';
import type { HashedFile } from './hash-batch.ts';
import type { HashedDirectory } from './hash-directory.ts';
import type { Pieces } from './hash-pieces.ts';
import type { Leaving, Left } from './leaving.ts';
import type { ListingColumns } from './listing-columns.ts';
import type { SparesAsked } from './spares.ts';
import type { Named, NewName } from './place-batch.ts';
import type { PackedFiles, StagedBatch } from './stage-batch.ts';
import type { Look } from './types.ts';

interface WithSchemas {
  /** Digest of the schema in force by collection. */
  readonly inForce: ReadonlyMap<string, Digest>;
  /** Texts of those that this worker has not seen yet. */
  readonly texts: ReadonlyMap<Digest, string>;
}

/** What walks, writes and moves: asked for without anything loaded that hashes or judges documents. */
type HandlingRequest =
  | { readonly do: 'list'; readonly paths: readonly string[] }
  | { readonly do: 'pieces'; readonly pieces: Pieces }
  | { readonly do: 'texts'; readonly texts: readonly string[] }
  | { readonly do: 'hash-directories'; readonly paths: readonly string[] }
  | { readonly do: 'stage'; readonly tmp: string; readonly packed: PackedFiles }
  | { readonly do: 'name'; readonly names: readonly NewName[] }
  | ({ readonly do: 'open-nameless' } & SparesAsked)
  | { readonly do: 'leave'; readonly files: readonly Leaving[] };

/** What looks at documents (bulk-examiner.ts). */
export type ExaminingRequest =
  | ({ readonly do: 'examine'; readonly paths: readonly string[]; readonly known: KnownVersions } & WithSchemas)
  | { readonly do: 'hash'; readonly path: string }
  | { readonly do: 'beginning'; readonly path: string; readonly beginning: Beginning }
  | { readonly do: 'growth'; readonly path: string; readonly before: KnownBeginning }
  | { readonly do: 'digests'; readonly paths: readonly string[] }
  | { readonly do: 'work'; readonly name: keyof HeavyWork; readonly args: Parameters<HeavyWork[keyof HeavyWork]> }
  | ({
      readonly do: 'edit';
      readonly path: string;
      readonly change: Writing;
      readonly current: Uint8Array | null;
    } & WithSchemas)
  | ({
      readonly do: 'merge';
      readonly path: string;
      readonly change: Writing;
      readonly base: Uint8Array;
      readonly current: Uint8Array | null;
    } & WithSchemas);

export type BulkRequest = HandlingRequest | ExaminingRequest;

export interface BulkReplies {
  readonly list: readonly ListingColumns[];
  readonly examine: ExaminedColumns;
  readonly hash: Look;
  readonly beginning: KnownBeginning | null;
  readonly growth: GrowthFound;
  readonly digests: readonly (HashedFile | undefined)[];
  readonly pieces: string;
  readonly texts: string;
  readonly 'hash-directories': readonly HashedDirectory[];
  readonly stage: StagedBatch;
  readonly name: readonly Named[];
  readonly 'open-nameless': null;
  readonly leave: readonly Left[];
  readonly edit: EditOutcome;
  readonly merge: MergeOutcome;
  readonly work: HeavyResult<keyof HeavyWork>;
}

export type BulkReply = BulkReplies[keyof BulkReplies];

export interface Asked {
  readonly id: number;
  readonly request: BulkRequest;
}

export type Answered =
  | { readonly id: number; readonly reply: BulkReply }
  | { readonly id: number; readonly error: string };

/** What a worker is started with. */
export interface BulkWorkerStart {
  readonly root: string;
  readonly rootDevice: bigint;
  readonly rootInode: bigint;
}

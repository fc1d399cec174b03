/** What is verified: a root that somebody serves, or one that lies still, perhaps a copy. */
import type { BlobStore } from '../../blobs/types.ts';
import type { CatalogAudit } from '../../catalog/audit.ts';
import type { Fold, FoundFile, Mismatch } from '../../catalog/fold.ts';
import type { FoldedCopies } from '../../catalog/folded-copies.ts';
import type { FoldedStreams } from '../../catalog/folded-streams.ts';
import type { BodySource } from '../../core/grown-bytes.ts';
import type { Seq } from '../../core/events.ts';
import type { StatKey } from '../../core/stat-key.ts';
import type { LogSurvey } from '../../events/survey.ts';
import type { BulkReader } from '../../files/bulk.ts';
import type { Clock, FileSystem } from '../../host/ports.ts';
import type { Finding, VerifyProgress } from './types.ts';

export interface Subject {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Absolute. */
  readonly root: string;
  /** A daemon or an open Larder serves it: what it has not noticed within a look is a difference. */
  readonly isLive: boolean;
  readonly blobs: Pick<BlobStore, 'verify' | 'get'>;
  /** Reads what the log keeps, and checks it. */
  readonly readStored: BodySource['stored'];
  readonly bulk: BulkReader;
  readonly survey: LogSurvey;
  /** Null where there is none that can be believed. */
  readonly audit: CatalogAudit | null;
  /** Up to this seq log and catalog are compared; what moved since is newer than this verification. */
  readonly upTo: Seq;
  /** Looks again, as the daemon would, at paths whose file is not what was recorded; gives what stays. */
  readonly lookAgain: (paths: readonly Suspect[], told: Told) => Promise<Finding[]>;
}

/** A path where disk head and file differ, and its file as it was when it was looked at again. */
export interface Suspect extends Mismatch {
  readonly file: (FoundFile & { readonly key: StatKey | null }) | null;
}

/** What the log says beside what it says of each path. */
export interface Told {
  readonly streams: FoldedStreams;
  readonly copies: FoldedCopies;
}

/** What the stages share. */
export interface Run extends Told {
  readonly subject: Subject;
  readonly fold: Fold;
  readonly report: (finding: Finding) => void;
  readonly progress: (progress: VerifyProgress) => void;
  /** Gives the event loop back when this turn was long enough. */
  readonly breathe: () => Promise<void>;
  readonly counts: { files: number; versions: number; blobs: number; withoutBytes: number };
}

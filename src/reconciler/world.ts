/** What the reconciler's pieces share: the parts, opened, and the state that belongs to no part. */
import type { BlobStore } from '../blobs/types.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Durability } from '../core/requests.ts';
import type { EventLog } from '../events/types.ts';
import type { BulkReader } from '../files/bulk.ts';
import type { SwapMethod } from '../files/probe-swap.ts';
import type { Spares } from '../files/spares.ts';
import type { Trial } from '../host/deadline-compile.ts';
import type { Clock, FileSystem, RandomBytes } from '../host/ports.ts';
import type { KeyedQueue } from '../util/keyed-queue.ts';
import type { AbsenceLedger } from './absences.ts';
import type { Backlog } from './backlog.ts';
import type { ActiveStreams } from './active-streams.ts';
import type { Restores } from './restores.ts';
import type { ConflictLedger } from './conflicts.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Displaced } from './displaced.ts';
import type { OutOfReach } from './out-of-reach.ts';
import type { Pendings } from './pendings.ts';
import type { Placements } from './placements.ts';
import type { Recorder } from './recorder.ts';
import type { SchemaBook } from './schema-book.ts';

export interface Log {
  debug(members: object, message: string): void;
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
  error(members: object, message: string): void;
}

/** What the first index has met so far. */
interface FirstIndex {
  readonly recorded: Set<string>;
  /** Paths by their folded form, to find names that differ only in case. */
  readonly folded: Map<string, string>;
}

/** What can be taken out, so that a harness shows that it would notice. */
export type Safeguard = 'exchange' | 'abort' | 'redo';

export interface World {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Absolute path of the root, and the device it lies on. */
  readonly root: string;
  readonly rootDevice: bigint;
  readonly rootInode: bigint;
  readonly spares: Spares;
  /** Absolute path of `.larder/tmp`, and how files are swapped on this file system. */
  readonly tmp: string;
  readonly swap: SwapMethod;
  /** Empty but in harnesses. */
  readonly without: ReadonlySet<Safeguard>;
  readonly events: EventLog;
  /** Whether a frame that is answered is on the disk, or in the kernel's hands. */
  readonly durability: Durability;
  readonly catalog: Catalog;
  readonly blobs: BlobStore;
  /** Larger bytes lie there, not in the log. */
  readonly bodyBytes: number;
  /** Larger files are never held: of such a stream only the digest is kept. */
  readonly heldBytes: number;
  readonly bulk: BulkReader;
  readonly queues: KeyedQueue;
  readonly recorder: Recorder;
  readonly pendings: Pendings;
  readonly schemas: SchemaBook;
  /** Whether a schema text compiles in time. */
  readonly tryCompile: (text: string) => Promise<Trial>;
  readonly checkpoints: Checkpoints;
  readonly displaced: Displaced;
  readonly placements: Placements;
  readonly backlog: Backlog;
  readonly absences: AbsenceLedger;
  readonly outOfReach: OutOfReach;
  readonly restores: Restores;
  readonly streams: ActiveStreams;
  readonly conflicts: ConflictLedger;
  /** Set during the first scan of a root without a history: what is not in here is new, without asking the catalog. */
  firstIndex: FirstIndex | null;
  /** Asks for another look at paths, soon. */
  readonly lookAgain: (paths: readonly string[]) => void;
  /** Called when the problems of a path, or its served version, changed although its file did not. */
  readonly onMarked: (path: string) => void;
  readonly log: Log;
}

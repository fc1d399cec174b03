/**
 * The library's front door: opens the parts in their order, wires them, closes them in reverse. Nothing here decides
 * anything about documents.
 */
import type { ZodType } from 'zod';
import { openBlobStore } from './blobs/blob-store.ts';
import { peekCatalog } from './catalog/catalog.ts';
import type { Catalog } from './catalog/types.ts';
import { digestOf } from './core/digest.ts';
import { openEventLog } from './events/event-log.ts';
import type { EventLog } from './events/types.ts';
import { openBulkInThread } from './files/bulk-in-thread.ts';
import { openBulkThreads } from './files/bulk-threads.ts';
import type { BulkReader } from './files/bulk.ts';
import { takeLock, type Lock } from './files/lock.ts';
import { probeSwap } from './files/probe-swap.ts';
import type { Watcher, WatchOptions } from './files/types.ts';
import { nodeFileSystem } from './host/node-file-system.ts';
import type { Clock, FileSystem, RandomBytes } from './host/ports.ts';
import { systemClock } from './host/system-clock.ts';
import { systemRandom } from './host/system-random.ts';
import { OpenedLarder } from './larder/opened-larder.ts';
import { openCatalogWherePossible } from './larder/catalog-place.ts';
import { prepareRoot, type Root } from './larder/root.ts';
import type { Larder } from './larder-types.ts';
import { Reconciler } from './reconciler.ts';
import { AbsenceLedger } from './reconciler/absences.ts';
import { Checkpoints } from './reconciler/checkpoints.ts';
import { openBacklog } from './reconciler/open-backlog.ts';
import { renew } from './reconciler/renew.ts';
import { ConflictLedger } from './reconciler/conflicts.ts';
import { Displaced } from './reconciler/displaced.ts';
import { Restores } from './reconciler/findings.ts';
import { Pendings } from './reconciler/pendings.ts';
import { Recorder } from './reconciler/recorder.ts';
import { rescue } from './reconciler/rescue.ts';
import { SchemaBook } from './reconciler/schema-book.ts';
import { compileInTime } from './reconciler/schema-changes.ts';
import type { Log, Safeguard, World } from './reconciler/world.ts';
import { KeyedQueue } from './util/keyed-queue.ts';

type WatcherChoice = 'auto' | 'chokidar' | 'directories' | 'poll' | 'none';

export interface OpenOptions {
  /** The directory to serve. */
  readonly root: string;
  /** Refuse an empty directory without a history: its disk may not be mounted. */
  readonly refuseEmpty?: boolean;
  readonly durability?: 'sync' | 'os';
  /** Sets the derived data aside and makes it anew from log and files. */
  readonly rebuild?: boolean;
  /** Which versions `prune` leaves where a collection does not say (`x-larder.history.keep`): `all` unless said, `staggered`, `90d`. */
  readonly keepHistory?: string;
  /** `none`: only rescans, reads and writes look at files. */
  readonly watcher?: WatcherChoice;
  /** Schemas in TypeScript by `ns/collection`; they win over `_schema.json`. */
  readonly schemas?: Readonly<Record<string, ZodType>>;
  /** Address that others find in the lock, once it is known. */
  readonly address?: { readonly host: string; readonly port: number };
  readonly log?: Log;
  readonly host?: Host;
}

/** The ports, for tests: a simulated disk and clock. */
export interface Host {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Keeps bulk work and the compiling of schemas off worker threads. */
  readonly inThread?: boolean;
  /** Change sets that may wait for the disk before the next is refused as `busy`. */
  readonly queueFrames?: number;
  /** Where hints come from, whatever `watcher` says. */
  readonly watch?: (options: WatchOptions) => Watcher;
  /** Safeguards that are taken out, so that a harness can show that it would notice. `exchange` forces the fallback. */
  readonly without?: readonly Safeguard[];
  /** Takes parts before they are wired, and pieces after it, in place of others: how a test takes out any other safeguard. */
  readonly parts?: (parts: Parts) => Parts;
  readonly world?: (world: World) => World;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Opens a root for reading and writing, and starts its first scan. Rejects with a LarderError: `root_missing`, `root_empty`,
 * `root_locked`, `log_damaged`. Closing (`await using`) ends it cleanly; a process that just dies loses nothing.
 */
export async function openLarder(options: OpenOptions): Promise<Larder> {
  const host: Host = options.host ?? { fs: nodeFileSystem, clock: systemClock, random: systemRandom };
  const root = prepareRoot(host.fs, options.root, options.refuseEmpty ?? false);
  await using opening = new AsyncDisposableStack();
  const lock = opening.adopt(lockRoot(root, options), (held) => held.release());
  const seen = { ...host, root: root.path, rootDevice: root.device };
  // A file system that fails, or is watched, exists in this thread alone: then writes stay here.
  const tmp = host.fs === nodeFileSystem ? root.tmp : undefined;
  const bulk = opening.use(options.host?.inThread ? openBulkInThread(seen) : openBulkThreads({ ...seen, tmp }));
  bulk.warmUp();
  const events = opening.adopt(await openEvents(root, host, options), (log) => log.close(false));
  const anew = options.rebuild ?? false;
  const { catalog, spare } = openCatalogWherePossible({ ...host, directory: root.derived, logId: events.id, anew });
  if (spare) opening.use(spare);
  opening.use(catalog);
  const opened = { root, host, lock, events, catalog, spare, bulk };
  const parts = host.parts?.(opened) ?? opened;
  const larder = new OpenedLarder(wire(parts, options), parts, options);
  opening.move();
  larder.start();
  return larder;
}

export interface Parts {
  readonly root: Root;
  readonly host: Host;
  readonly lock: Lock;
  readonly events: EventLog;
  readonly catalog: Catalog;
  /** Where the catalog works while `derived/` has no room. */
  readonly spare: Disposable | null;
  readonly bulk: BulkReader;
}

export interface Wired {
  readonly world: World;
  readonly reconciler: Reconciler;
  readonly cursorKey: Uint8Array;
  readonly log: Log;
  /** Set by whoever caches answers. */
  readonly marks: { onMarked: (path: string) => void };
}

const lockRoot = (root: Root, { address }: OpenOptions): Lock =>
  takeLock({
    file: root.lockFile,
    rootIdentity: root.identity,
    pid: process.pid,
    host: address?.host ?? '',
    port: address?.port ?? 0,
  });

function openEvents(root: Root, host: Parts['host'], options: OpenOptions): Promise<EventLog> {
  const peeked = peekCatalog(root.derived);
  return openEventLog({
    ...host,
    directory: root.log,
    durability: options.durability ?? 'sync',
    ...(options.host?.queueFrames !== undefined && { queueFrames: options.host.queueFrames }),
    rootIdentity: root.identity,
    ...(peeked && { knownSeq: peeked.reached, knownLogId: peeked.logId }),
  });
}

/** Builds the state that the reconciler's pieces share. The knots (who looks again, who is told) are tied here. */
function wire(parts: Parts, options: OpenOptions): Wired {
  const { root, host, events, catalog, bulk } = parts;
  const { fs, clock, random } = host;
  const log = options.log ?? silent;
  const without = new Set(options.host?.without);
  const isWithout = (safeguard: Safeguard): boolean => without.has(safeguard);
  const swap = probeSwap({ fs, random, tmp: root.tmp });
  const marks = { onMarked: (_path: string): void => {} };
  const onFailure = (error: unknown): void => log.error({ err: error }, 'background work failed');
  const blobs = openBlobStore({ fs, clock, directory: root.blobs, random });
  const recorder = new Recorder({
    log: events,
    catalog,
    aborts: !isWithout('abort'),
    retryDelay: () => new Promise((resolve) => void clock.after(500, resolve)),
  });
  const base = {
    fs,
    clock,
    random,
    root: root.path,
    rootDevice: root.device,
    rootInode: root.inode,
    tmp: root.tmp,
    events,
    durability: options.durability ?? 'sync',
    catalog,
    blobs,
    bulk,
    recorder,
    log,
  };
  const keep = async (file: string, path: string): Promise<void> => {
    await rescue(base, file, path);
    marks.onMarked(path);
  };
  const displaced = new Displaced({ fs, clock, rescue: keep, onFailure });
  const checkpoints = new Checkpoints({
    fs,
    clock,
    events,
    root: root.path,
    settledUpTo: () => Math.min(displaced.settledUpTo, backlog.settledUpTo),
    renew: (path) => renew(world, path),
    onFailure,
  });
  const backlog = openBacklog(
    clock,
    () => world,
    (reason) => reconciler.rescanSoon(reason),
  );
  const lookAgain = (paths: readonly string[]): void => reconciler.lookAgain(paths);
  const pieces: World = {
    ...base,
    swap: isWithout('exchange') ? { ...swap, exchange: false } : swap,
    without,
    tryCompile: host.inThread === true ? async () => ({ kind: 'done' }) : compileInTime,
    queues: new KeyedQueue(),
    pendings: new Pendings(clock, lookAgain),
    schemas: new SchemaBook(),
    absences: new AbsenceLedger(),
    restores: new Restores(),
    conflicts: new ConflictLedger(),
    firstIndex: null,
    checkpoints,
    displaced,
    backlog,
    lookAgain,
    onMarked: (path) => marks.onMarked(path),
  };
  const world = host.world?.(pieces) ?? pieces;
  const reconciler: Reconciler = new Reconciler(world);
  return {
    world,
    reconciler,
    cursorKey: Buffer.from(digestOf(Buffer.from(`cursors ${events.id}`)), 'hex'),
    log,
    marks,
  };
}

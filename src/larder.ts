/**
 * The library's front door: opens the parts in their order, wires them, closes them in reverse. Nothing here decides
 * anything about documents.
 */
import type { ZodType } from 'zod';
import { peekCatalog } from './catalog/catalog.ts';
import type { Catalog } from './catalog/types.ts';
import { openEventLog } from './events/event-log.ts';
import type { EventLog } from './events/types.ts';
import { openBulkInThread } from './files/bulk-in-thread.ts';
import { openBulkThreads } from './files/bulk-threads.ts';
import type { BulkReader } from './files/bulk.ts';
import { takeLock, type Lock } from './files/lock.ts';
import type { Watcher, WatchOptions } from './files/types.ts';
import { nodeFileSystem } from './host/node-file-system.ts';
import type { Clock, FileSystem, RandomBytes } from './host/ports.ts';
import { systemClock } from './host/system-clock.ts';
import { systemRandom } from './host/system-random.ts';
import { OpenedLarder } from './larder/opened-larder.ts';
import { CatalogPlace } from './larder/catalog-place.ts';
import { prepareRoot, type Root } from './larder/root.ts';
import { wire } from './larder/wire.ts';
import type { Larder } from './larder-types.ts';
import type { Log, Safeguard, World } from './reconciler/world.ts';

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
  /** `ready` waits for the second look at what the first scan misses, about a second: for who asks once and closes. */
  readonly decideAbsences?: boolean;
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
  /** Larger bytes lie in the blob store, not in the log (1 MiB). */
  readonly bodyBytes?: number;
  /** Larger streams are served from their files, and only their digests are kept (16 MiB). */
  readonly heldBytes?: number;
  /** A segment of the log takes no further frame once it would be longer (64 MiB). */
  readonly segmentBytes?: number;
  /** Where hints come from, whatever `watcher` says. */
  readonly watch?: (options: WatchOptions) => Watcher;
  /** Safeguards that are taken out, so that a harness can show that it would notice. `exchange` forces the fallback. */
  readonly without?: readonly Safeguard[];
  /** Takes parts before they are wired, and pieces after it, in place of others: how a test takes out any other safeguard. */
  readonly parts?: (parts: Parts) => Parts;
  readonly world?: (world: World) => World;
}

/**
 * Opens a root for reading and writing, and starts its first scan. Rejects with a LarderError: `root_missing`, `root_empty`,
 * `root_locked`, `log_damaged`, `log_newer`. Closing (`await using`) ends it cleanly; a process that just dies loses nothing.
 */
export async function openLarder(options: OpenOptions): Promise<Larder> {
  const host: Host = options.host ?? { fs: nodeFileSystem, clock: systemClock, random: systemRandom };
  const root = prepareRoot(host.fs, options.root, options.refuseEmpty ?? false);
  await using opening = new AsyncDisposableStack();
  const lock = opening.adopt(lockRoot(root, options), (held) => held.release());
  const seen = { ...host, root: root.path, rootDevice: root.device, rootInode: root.inode };
  // A file system that fails, or is watched, exists in this thread alone: then writes stay here.
  const tmp = host.fs === nodeFileSystem ? root.tmp : undefined;
  const bulk = opening.use(options.host?.inThread ? openBulkInThread(seen) : openBulkThreads({ ...seen, tmp }));
  bulk.warmUp();
  const events = opening.adopt(await openEvents(root, host, options), (log) => log.close(false));
  const anew = options.rebuild ?? false;
  const place = opening.use(CatalogPlace.open({ ...host, directory: root.derived, logId: events.id, anew }));
  const opened = { root, host, lock, events, catalog: place.catalog, place, bulk };
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
  /** Where the catalog works: elsewhere while `derived/` has no room. */
  readonly place: CatalogPlace;
  readonly bulk: BulkReader;
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
